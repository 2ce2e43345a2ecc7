import type { JsonMember, JsonNode } from './node.js';

const SPACE = 0x20;

/** How an object is written, so that what we add looks like what is there. White space and punctuation only. */
export interface ObjectStyle {
  /** Between two members: a comma with its white space. */
  readonly separator: Uint8Array;
  /** Between a key and its value: a colon with its white space. */
  readonly colon: Uint8Array;
}

/** White space longer than this is an accident or an attack and is not imitated. */
const MAX_IMITATED = 256;

const encoder = new TextEncoder();
const COMPACT: ObjectStyle = { separator: encoder.encode(','), colon: encoder.encode(':') };

/** Style of an object by its first two members; of one member or none by what can be seen. */
export function objectStyle(bytes: Uint8Array, object: JsonNode, members: readonly JsonMember[]): ObjectStyle {
  const [first, second] = members;
  if (first === undefined) return COMPACT;
  const colon = imitable(bytes.subarray(first.keyEnd, first.value.start)) ?? COMPACT.colon;
  const seen = second === undefined ? undefined : imitable(bytes.subarray(first.value.end, second.keyStart));
  return { colon, separator: seen ?? separatorLike(bytes.subarray(object.start + 1, first.keyStart), colon) };
}

/** With one member only: what stands before it, or a blank where the colon has one (Python writes `, ` and `: `). */
function separatorLike(beforeFirst: Uint8Array, colon: Uint8Array): Uint8Array {
  const white = imitable(beforeFirst) ?? new Uint8Array();
  if (white.length > 0) return Uint8Array.of(...COMPACT.separator, ...white);
  return colon.at(-1) === SPACE ? encoder.encode(', ') : COMPACT.separator;
}

function imitable(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length <= MAX_IMITATED ? bytes : undefined;
}
