import { findDigestInPath } from '../content-address.js';
import { PointerError } from '../errors.js';
import { bufferOver } from '../json/index.js';
import { textMember } from './value.js';
import type { ByteValue, Value , ObjectValue} from './value.js';
import type { Bag } from './bag.js';
import { s3Pointer } from './pointers.js';
import { encodeId } from './keys.js';
import { CONFIG, MAP } from './members.js';
import type { Pointer } from './pointers.js';

/*
 * Data that was merged into a pointer, or a pointer that was merged into data: following the pointer would lose the
 * data, and returning the object would lose what the pointer names. Looked at are pointers under the two old names,
 * entries of a map, and pointers of the shim itself anywhere, inside JSON strings too. What other writers left in user
 * data passes.
 */

/** A pointer that is marked as one, wherever in a document it is. */
export interface PlacedPointer<V extends Value = Value> {
  /** Member names and positions from the root; a JSON string on the way is no step of its own. */
  readonly path: readonly string[];
  readonly value: V;
  readonly pointer: Pointer;
}

/** The member that makes an object a pointer. */
export const POINTER_MARKER = '__s3_pointer__';

/** Marked pointers in a value from `JSON.parse`. One without any pointer, the usual case, costs one walk over it. */
export function pointersInObjects(root: ObjectValue): Iterable<PlacedPointer<ObjectValue>> {
  return mentionsPointer(root.raw, 0) ? findPointers(root, ({ raw }) => mayHoldPointer(raw)) : [];
}

/** Marked pointers in stored text: two searches in a document without a pointer, and no look at its values. */
export function pointersInBytes(root: ByteValue): Iterable<PlacedPointer<ByteValue>> {
  const known = new Map<Uint8Array, readonly number[]>();
  return findPointers(root, ({ document: { bytes }, node }) => {
    const marks = known.get(bytes) ?? marksIn(bytes);
    known.set(bytes, marks);
    return holdsMark(marks, node.start, node.end);
  });
}

/** Of marked pointers, those with members beyond their own that the shim reads or has left. */
export function* mixedPointers(pointers: Iterable<PlacedPointer>): Iterable<PlacedPointer> {
  for (const placed of pointers) {
    if (placed.pointer.mixed && (isProgramPlace(placed.path) || isOurs(placed.value))) yield placed;
  }
}

/**
 * Throws `PointerError` `POINTER_MIXED` for a mixed pointer among those of a document, or under the program members of
 * its bags in any dialect.
 */
export function assertUnmixed(pointers: Iterable<PlacedPointer>, bags: readonly Bag[]): void {
  assertUnmixedBags(bags);
  for (const { path, pointer } of mixedPointers(pointers)) assertPure(pointer, path.join('.'));
}

function assertUnmixedBags(bags: readonly Bag[]): void {
  for (const [name, field] of bags.flatMap(
    ({ config, map }) =>
      [
        [CONFIG, config],
        [MAP, map],
      ] as const,
  )) {
    if (field.state === 'pointer') assertPure(field.pointer, name);
  }
}

/** Throws `PointerError` `POINTER_MIXED` for a pointer with members that no writer of pointers gives it. */
export function assertPure(pointer: Pointer, place = ''): void {
  if (pointer.mixed)
    throw new PointerError(
      'POINTER_MIXED',
      `${mixedMessage(pointer, place)} Wrap the handler that merges, and repair the bag by hand`,
    );
}

/** What is wrong with a mixed pointer. `place` names its member. */
export function mixedMessage({ target, mixed = [] }: Pointer, place: string): string {
  const where = place === '' ? 'an object' : `"${place.slice(0, 200)}"`;
  const what = target ? `a pointer to "${target.key.slice(0, 200)}"` : 'a pointer without its bucket or key';
  const others = `${mixed.slice(0, 5).join(', ').slice(0, 200)}${mixed.length > 5 ? ', …' : ''}`;
  return `${where} holds ${what} and other members (${others}): data was merged without reading the pointer, which is neither followed nor returned.`;
}

/** A value of a document, and what leads to it. */
export interface ValuePlace<V extends Value = Value> {
  readonly path: readonly string[];
  readonly value: V;
}

/** `mentions` says whether the marker may be inside a value. */
function* findPointers<V extends Value>(root: V, mentions: (value: V) => boolean): Generator<PlacedPointer<V>> {
  const open: ValuePlace<V>[] = [{ path: [], value: root }];
  // A handler's answer may have circles.
  const seen = new Set<unknown>();
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (!mentions(place.value)) continue;
    const pointer = s3Pointer.detect(place.value);
    if (pointer) yield { ...place, pointer };
    if (seen.has(place.value.identity())) continue;
    seen.add(place.value.identity());
    open.push(...placesInside(place));
  }
}

/** The members of an object, the items of a list, or the document in a JSON string. */
export function placesInside<V extends Value>({ path, value }: ValuePlace<V>): readonly ValuePlace<V>[] {
  const embedded = value.embedded();
  if (embedded !== undefined) return [{ path, value: embedded }];
  // A handler's answer may have members that are undefined.
  const members = value.names().flatMap((name) => {
    const member = value.member(name);
    return member === undefined ? [] : [{ path: [...path, name], value: member }];
  });
  return [...members, ...value.items().map((item, index) => ({ path: [...path, String(index)], value: item }))];
}

/** The two old names, and entries of a map, at any depth: a merge may nest bags. */
function isProgramPlace(path: readonly string[]): boolean {
  return path.at(-1) === CONFIG || path.at(-1) === MAP || path.at(-2) === MAP;
}

/**
 * True for a pointer that the shim itself left: its key is in the default layout of members, or in another one with the
 * digest of the member as a folder and its name as the file. The bucket does not count: a merge may have replaced it.
 */
function isOurs(pointer: Value): boolean {
  const key = textMember(pointer, 'key');
  if (key === undefined || findDigestInPath(key) === undefined) return false;
  if (/(^|\/)state-members\/[^/]+\/[^/]+\/[0-9a-f]{64}\//.test(key)) return true;
  const member = textMember(pointer, 'field_name');
  return member !== undefined && key.endsWith(`/${encodeId(member)}.json`);
}

/** The marker as it is, or an escape that may spell a letter of it; text inside text keeps the escape. */
const MARKS = [POINTER_MARKER, '\\u00'];

function mentionsMarker(text: string): boolean {
  return MARKS.some((mark) => text.includes(mark));
}

/** Where the marks are in a text, in order. One search for each of them, however deep the text nests. */
function marksIn(bytes: Uint8Array): readonly number[] {
  const text = bufferOver(bytes);
  const marks: number[] = [];
  for (const mark of MARKS) {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) marks.push(at);
  }
  return marks.sort((one, other) => one - other);
}

function holdsMark(marks: readonly number[], start: number, end: number): boolean {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle]! < start) low = middle + 1;
    else high = middle;
  }
  return low < marks.length && marks[low]! < end;
}

/** Deeper than state is nested. A value that is, or that has circles, is walked with care. */
const MAX_QUICK_DEPTH = 100;

/** Loops without closures and lists of entries: every event and result passes here. */
function mentionsPointer(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return mentionsInText(value);
  if (typeof value !== 'object' || value === null) return false;
  if (depth > MAX_QUICK_DEPTH) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (mentionsPointer(item, depth + 1)) return true;
    return false;
  }
  for (const name in value) {
    if (name === POINTER_MARKER || mentionsPointer((value as Record<string, unknown>)[name], depth + 1)) return true;
  }
  return false;
}

function mayHoldPointer(value: unknown): boolean {
  return typeof value === 'string' ? mentionsInText(value) : typeof value === 'object' && value !== null;
}

/**
 * Text counts when it may be JSON, or JSON text in JSON, with a pointer in it. The first character spares the search in
 * prose.
 */
function mentionsInText(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first === 0x7b || first === 0x5b || first === 0x22 || first <= 0x20) && mentionsMarker(text);
}
