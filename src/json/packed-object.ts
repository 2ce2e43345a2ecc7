import { memberName } from './member-name.js';
import type { JsonMember, JsonNode } from './node.js';
import { kindAt } from './scalar-token.js';

const BACKSLASH = 0x5c;

/** Numbers a member takes up in `places`: begin and end of its key, quotes included, begin and end of its value. */
const WIDTH = 4;

/**
 * An object whose members are kept as places and made into nodes once somebody asks for them: most entries of a map are
 * never opened, and the others for two or three of their members.
 */
export class PackedObject implements JsonNode {
  readonly kind = 'object';
  #members: readonly JsonMember[] | undefined;

  /** `places` has four offsets a member, in document order. */
  constructor(
    private readonly bytes: Uint8Array,
    readonly start: number,
    readonly end: number,
    private readonly places: Int32Array,
  ) {}

  get members(): readonly JsonMember[] {
    return (this.#members ??= Array.from({ length: this.places.length / WIDTH }, (_, index) =>
      this.#memberAt(WIDTH * index),
    ));
  }

  /** The last member of that name. */
  find(name: string): JsonMember | undefined {
    for (let at = this.places.length - WIDTH; at >= 0; at -= WIDTH) {
      if (this.#isNamed(at, name)) return this.#memberAt(at);
    }
    return undefined;
  }

  #isNamed(at: number, name: string): boolean {
    const { bytes, places } = this;
    const [start, end] = [places[at]! + 1, places[at + 1]! - 1];
    // A key is never shorter in UTF-8 than in UTF-16, and of equal length only when it is plain ASCII.
    if (end - start === name.length) return standsAt(bytes, start, name);
    return end - start > name.length && !isPlain(bytes, start, end) && memberName(bytes, start - 1, end + 1) === name;
  }

  #memberAt(at: number): JsonMember {
    const { bytes, places } = this;
    const [keyStart, keyEnd, start, end] = [places[at]!, places[at + 1]!, places[at + 2]!, places[at + 3]!];
    return {
      name: memberName(bytes, keyStart, keyEnd),
      keyStart,
      keyEnd,
      value: { kind: kindAt(bytes, start), start, end },
    };
  }
}

function standsAt(bytes: Uint8Array, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    const byte = bytes[start + index]!;
    if (byte !== name.charCodeAt(index) || byte >= 0x80) return false;
  }
  return true;
}

/** True for ASCII without escapes. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    if (bytes[at]! >= 0x80 || bytes[at] === BACKSLASH) return false;
  }
  return true;
}
