import { InternalError } from '../errors/index.js';
import { concatenate, uninitialised } from './bytes.js';
import { requireMembers } from './members.js';
import type { JsonMember, JsonNode } from './node.js';

/* Edits of the members of one object, turned into splices. */

const SPACE = 0x20;

/** How an object is written, so that what we add looks like what is there. White space and punctuation only. */
interface ObjectStyle {
  /** Between two members: a comma with its white space. */
  readonly separator: Uint8Array;
  /** Between a key and its value: a colon with its white space. */
  readonly colon: Uint8Array;
}

/** White space longer than this is an accident or an attack and is not imitated. */
const MAX_IMITATED = 256;

const encoder = new TextEncoder();
const COMPACT: ObjectStyle = { separator: encoder.encode(','), colon: encoder.encode(':') };

/**
 * Style of an object by its first two members; of one member or none by what can be seen. In YAML a tag, an anchor or a
 * comment may be between them, which belongs to one member.
 */
function detectStyle(bytes: Uint8Array, object: JsonNode, members: readonly JsonMember[]): ObjectStyle {
  const [first, second] = members;
  if (first === undefined) return COMPACT;
  const plain = members.find(({ keyEnd, value }) => isImitated(bytes.subarray(keyEnd, value.start), /^\s*:\s*$/));
  const colon = plain ? bytes.subarray(plain.keyEnd, plain.value.start) : COMPACT.colon;
  const between = bytes.subarray(first.value.end, second?.keyStart ?? first.value.end);
  const seen = isImitated(between, /^\s*,\s*$/) ? between : undefined;
  return { colon, separator: seen ?? imitateSeparator(bytes.subarray(object.start + 1, first.keyStart), colon) };
}

/** With one member only: what stands before it, or a blank where the colon has one (Python writes `, ` and `: `). */
function imitateSeparator(beforeFirst: Uint8Array, colon: Uint8Array): Uint8Array {
  const white = isImitated(beforeFirst, /^\s+$/) ? beforeFirst : new Uint8Array();
  if (white.length > 0) return Uint8Array.of(...COMPACT.separator, ...white);
  return colon.at(-1) === SPACE ? encoder.encode(', ') : COMPACT.separator;
}

function isImitated(bytes: Uint8Array, shape: RegExp): boolean {
  return bytes.length <= MAX_IMITATED && shape.test(Buffer.from(bytes).toString('latin1'));
}

export interface NewMember {
  /** Not escaped; the splice escapes it. */
  readonly name: string;
  /** Text of the value: one JSON value, which goes in as it is. */
  readonly json: Uint8Array;
}

export type MemberEdit =
  | { readonly kind: 'keep' }
  /** Put these in the member's place; none is the same as `remove`. */
  | { readonly kind: 'replace'; readonly members: readonly NewMember[] }
  | { readonly kind: 'remove' };

const NOTHING = new Uint8Array();

/**
 * Splices that edit the members of one object, `edits` one to one with `object.members`, and add `append` after the
 * last. All other bytes stay, and the result is valid JSON whatever is kept. A member replaced by one of the same
 * name keeps its key as it is spelled; a removed one goes with one comma and the white space after it (before it,
 * at the end). What is added imitates the separators of the first members.
 * Throws `InternalError` when the members were not recorded or the edits are not one to one with them.
 */
export function spliceMembers(
  bytes: Uint8Array,
  object: JsonNode,
  edits: readonly MemberEdit[],
  append: readonly NewMember[],
): Splice[] {
  const members = requireOneToOne(object, edits);
  const style = detectStyle(bytes, object, members);
  const lastKept = edits.findLastIndex((edit) => !isRemoval(edit));
  const within = members.slice(0, lastKept + 1).flatMap((member, index) => {
    return spliceMember(member, edits[index]!, members[index + 1], style);
  });
  return [...within, ...spliceEnd(object, members, lastKept, joinMembers(append, style), style)];
}

function isRemoval(edit: MemberEdit): boolean {
  return edit.kind === 'remove' || (edit.kind === 'replace' && edit.members.length === 0);
}

/** A member up to the last one kept, so that a removed one always has a `next`. */
function spliceMember(
  member: JsonMember,
  edit: MemberEdit,
  next: JsonMember | undefined,
  style: ObjectStyle,
): Splice[] {
  if (edit.kind === 'keep') return [];
  if (edit.kind === 'remove' || edit.members.length === 0) {
    return [{ start: member.keyStart, end: next!.keyStart, insert: NOTHING }];
  }
  const [only, ...others] = edit.members;
  if (only !== undefined && others.length === 0 && only.name === member.name) {
    return [{ start: member.value.start, end: member.value.end, insert: only.json }];
  }
  return [{ start: member.keyStart, end: member.value.end, insert: joinMembers(edit.members, style) }];
}

/** What happens behind the last member kept: the removed ones there go, `added` comes. */
function spliceEnd(
  object: JsonNode,
  members: readonly JsonMember[],
  lastKept: number,
  added: Uint8Array,
  style: ObjectStyle,
): Splice[] {
  const kept = members[lastKept];
  const firstCut = members[lastKept + 1];
  const lastCut = members.at(-1);
  if (firstCut === undefined || lastCut === undefined) return spliceAppended(object, kept, added, style);
  if (added.length > 0) return [{ start: firstCut.keyStart, end: lastCut.value.end, insert: added }];
  if (kept === undefined) return [{ start: object.start + 1, end: object.end - 1, insert: NOTHING }];
  return [{ start: kept.value.end, end: lastCut.value.end, insert: NOTHING }];
}

/** Nothing is removed at the end: `last` is the last member there is, undefined in an empty object. */
function spliceAppended(
  object: JsonNode,
  last: JsonMember | undefined,
  added: Uint8Array,
  style: ObjectStyle,
): Splice[] {
  if (added.length === 0) return [];
  const start = last?.value.end ?? object.start + 1;
  const insert = last === undefined ? added : concatenate([style.separator, added]);
  return [{ start, end: start, insert }];
}

function joinMembers(members: readonly NewMember[], style: ObjectStyle): Uint8Array {
  return concatenate(
    members.flatMap(({ name, json }, index) => {
      const key = Buffer.from(JSON.stringify(name));
      return index === 0 ? [key, style.colon, json] : [style.separator, key, style.colon, json];
    }),
  );
}

function requireOneToOne(object: JsonNode, edits: readonly MemberEdit[]): readonly JsonMember[] {
  const members = requireMembers(object);
  if (members.length === edits.length) return members;
  throw new InternalError('EDITS_MISMATCH', `${edits.length} edits for ${members.length} members`);
}

/* Splices over bytes: applies, inverts and compares them. */

/** Put `insert` in the place of bytes `[start, end)`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly insert: Uint8Array;
}

/**
 * The bytes with all splices done, as a new array. Splices are in order and do not overlap; two may touch.
 * Throws `InternalError` `SPLICE_ORDER` otherwise, or when one reaches outside `bytes`. `allocate` gives the memory for
 * the result: as many bytes as it is asked for, of any content.
 */
export function applySplices(bytes: Uint8Array, splices: readonly Splice[], allocate = uninitialised): Uint8Array {
  requireOrder(splices, bytes.length);
  const result = allocate(bytes.length + sumGrowth(splices));
  let read = 0;
  let written = 0;
  for (const { start, end, insert } of splices) {
    result.set(bytes.subarray(read, start), written);
    written += start - read;
    result.set(insert, written);
    written += insert.length;
    read = end;
  }
  result.set(bytes.subarray(read), written);
  return result;
}

/**
 * The splices over the result that give back `bytes`: `applySplices(applySplices(b, s), invertSplices(b, s))`
 * equals `b`. Their `insert`s are views into `bytes`, not copies. Throws like `applySplices`.
 */
export function invertSplices(bytes: Uint8Array, splices: readonly Splice[]): Splice[] {
  requireOrder(splices, bytes.length);
  let shift = 0;
  return splices.map(({ start, end, insert }) => {
    const from = start + shift;
    shift += insert.length - (end - start);
    return { start: from, end: from + insert.length, insert: bytes.subarray(start, end) };
  });
}

/**
 * True when the splices done to `bytes` give exactly `expected`; nothing is built to find out. Throws like
 * `applySplices`.
 */
export function givesBack(bytes: Uint8Array, splices: readonly Splice[], expected: Uint8Array): boolean {
  requireOrder(splices, bytes.length);
  let read = 0;
  let at = 0;
  const matches = (part: Uint8Array) => {
    at += part.length;
    return containsAt(expected, at - part.length, part);
  };
  for (const { start, end, insert } of splices) {
    if (!matches(bytes.subarray(read, start)) || !matches(insert)) return false;
    read = end;
  }
  return matches(bytes.subarray(read)) && at === expected.length;
}

/** True when the part stands there. One that is a view of that very place, as in an inverse, is not read at all. */
function containsAt(whole: Uint8Array, at: number, part: Uint8Array): boolean {
  const isSamePlace =
    part.buffer === whole.buffer && part.byteOffset === whole.byteOffset + at && at + part.length <= whole.length;
  return isSamePlace || Buffer.compare(part, whole.subarray(at, at + part.length)) === 0;
}

/** Throws `InternalError` `SPLICE_ORDER` unless the splices are in order, apart, and within `length` bytes. */
export function requireOrder(splices: readonly Splice[], length: number): void {
  let reached = 0;
  for (const { start, end } of splices) {
    if (!(reached <= start && start <= end && end <= length)) {
      const message = `splice [${start}, ${end}) follows ${reached} in a document of ${length} bytes`;
      throw new InternalError('SPLICE_ORDER', message, { context: { start, end, reached, length } });
    }
    reached = end;
  }
}

function sumGrowth(splices: readonly Splice[]): number {
  return splices.reduce((sum, { start, end, insert }) => sum + insert.length - (end - start), 0);
}
