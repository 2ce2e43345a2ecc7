import { findDigestInPath } from '../content-address.js';
import { PointerError } from '../errors/index.js';
import { bufferOver } from '../json/index.js';
import type { Bag } from './bag.js';
import { encodeId } from './keys.js';
import { CONFIG, MAP } from './members.js';
import { s3Pointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import { parseOrUndefined, textMember } from './value.js';
import type { ByteValue, JsonMembers, ObjectValue, Value } from './value.js';

/*
 * Objects that have a member of a given name, anywhere in a document, inside JSON strings too. A document without the
 * name, the usual case, is not opened further than a search for its letters needs.
 */

/** A value of a document, and what leads to it. */
export interface ValuePlace<V extends Value = Value> {
  /** Member names and positions from the root; a JSON string on the way is no step of its own. */
  readonly path: readonly string[];
  readonly value: V;
}

/** In a value from `JSON.parse`. It costs one walk over the value, whether the name is in it or not. */
export function searchObjects(root: ObjectValue, name: string): Iterable<ValuePlace<ObjectValue>> {
  const marks = marksOf(name);
  const hits: Hit[] = [];
  if (!collectHits(root.raw, name, marks, hits, 0)) return search(root, name, ({ raw }) => mayHold(raw, marks));
  return hits.reverse().map(({ raw, names }) => ({ path: names.reverse(), value: root.at(raw) }));
}

/** In stored text. One without the name costs two searches in it, and no look at its values. */
export function searchBytes(root: ByteValue, name: string): Iterable<ValuePlace<ByteValue>> {
  const marks = marksOf(name);
  const known = new Map<Uint8Array, readonly number[]>();
  return search(root, name, ({ document: { bytes }, node }) => {
    const found = known.get(bytes) ?? findMarks(bytes, marks);
    known.set(bytes, found);
    return holdsMark(found, node.start, node.end);
  });
}

/** `mayHold` says whether the name may be inside a value. */
function* search<V extends Value>(root: V, name: string, mayHold: (value: V) => boolean): Generator<ValuePlace<V>> {
  for (const step of walk(root, mayHold)) if (step.value.member(name) !== undefined) yield placeAt(step);
}

/** A value under way, and what leads to it: as a chain, since a path for each level of a deep value takes too long. */
export interface Step<V extends Value = Value> {
  readonly value: V;
  readonly name: string | undefined;
  readonly parent: Step<V> | undefined;
}

/** A value of a document with its path. */
export function placeAt<V extends Value>(step: Step<V>): ValuePlace<V> {
  const path: string[] = [];
  for (let at: Step<V> | undefined = step; at !== undefined; at = at.parent)
    if (at.name !== undefined) path.push(at.name);
  return { path: path.reverse(), value: step.value };
}

/**
 * The values of a document, JSON strings opened, from the outside in. `mayEnter` says whether a value and what is in it
 * count. An object of a handler's answer that is at two places is given twice; in one with circles, once.
 */
export function* walk<V extends Value>(root: V, mayEnter: (value: V, step: Step<V>) => boolean): Generator<Step<V>> {
  const open: (Step<V> | (() => void))[] = [{ value: root, name: undefined, parent: undefined }];
  const [around, seen] = [new Set<unknown>(), new Set<unknown>()];
  let hasCircle = false;
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (typeof step === 'function') {
      step();
      continue;
    }
    if (!mayEnter(step.value, step)) continue;
    yield step;
    const inner = stepsInside(step);
    if (inner.length === 0) continue;
    const identity = step.value.identity();
    hasCircle ||= around.has(identity);
    if (around.has(identity) || (hasCircle && seen.has(identity))) continue;
    around.add(identity);
    seen.add(identity);
    open.push(() => around.delete(identity));
    // A loop: a long list is too much for the arguments of one call.
    for (const next of inner) open.push(next);
  }
}

/** The members of an object, the items of a list, or the document in a JSON string. */
function stepsInside<V extends Value>(parent: Step<V>): readonly Step<V>[] {
  const { value } = parent;
  const embedded = value.embedded();
  if (embedded !== undefined) return [{ value: embedded, name: undefined, parent }];
  // A handler's answer may have members that are undefined.
  const members = value.names().flatMap((name) => {
    const member = value.member(name);
    return member === undefined ? [] : [{ value: member, name, parent }];
  });
  // Holes of a handler's list are no items; `flatMap` leaves them out.
  const items = value.items().flatMap((item, index) => [{ value: item, name: String(index), parent }]);
  return [...members, ...items];
}

/** The name as it is, or an escape that may spell a letter of it; text inside text keeps the escape. */
function marksOf(name: string): readonly string[] {
  return [name, '\\u00'];
}

/** Where the marks are in a text, in order. One search for each of them, however deep the text nests. */
function findMarks(bytes: Uint8Array, marks: readonly string[]): readonly number[] {
  const text = bufferOver(bytes);
  const found: number[] = [];
  for (const mark of marks) {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) found.push(at);
  }
  return found.sort((one, other) => one - other);
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

/** An object with the name, and what leads to it, from the inside out. */
interface Hit {
  readonly raw: unknown;
  readonly names: string[];
}

/**
 * Collects the objects with the name, inner ones and earlier ones first: the order of `walk`, reversed. False when the
 * value nests too deep for that. Loops without closures, steps and lists of members: every event and result passes
 * here, and a walk in steps takes 40 times as long.
 */
function collectHits(value: unknown, name: string, marks: readonly string[], hits: Hit[], depth: number): boolean {
  if (typeof value === 'string') {
    return !mentionsInText(value, marks) || collectHits(parseOrUndefined(value), name, marks, hits, depth + 1);
  }
  if (typeof value !== 'object' || value === null) return true;
  if (depth > MAX_QUICK_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const before = hits.length;
      if (!collectHits(value[at], name, marks, hits, depth + 1)) return false;
      if (hits.length > before) addName(hits, before, String(at));
    }
    return true;
  }
  // A class instance of a handler may inherit members, which are not in its JSON text.
  for (const member in value) {
    const before = hits.length;
    if (!collectHits((value as JsonMembers)[member], name, marks, hits, depth + 1)) return false;
    if (hits.length > before) {
      if (Object.hasOwn(value, member)) addName(hits, before, member);
      else hits.length = before;
    }
  }
  if (Object.hasOwn(value, name) && (value as JsonMembers)[name] !== undefined) hits.push({ raw: value, names: [] });
  return true;
}

function addName(hits: readonly Hit[], from: number, name: string): void {
  for (let at = from; at < hits.length; at++) hits[at]!.names.push(name);
}

function mayHold(value: unknown, marks: readonly string[]): boolean {
  return typeof value === 'string' ? mentionsInText(value, marks) : typeof value === 'object' && value !== null;
}

/**
 * Text counts when it may be JSON, or JSON text in JSON, with the name in it. The first character spares the search in
 * prose.
 */
function mentionsInText(text: string, marks: readonly string[]): boolean {
  const first = text.charCodeAt(0);
  const mayBeJson = first === 0x7b || first === 0x5b || first === 0x22 || first <= 0x20;
  return mayBeJson && marks.some((mark) => text.includes(mark));
}

/*
 * Data that was merged into a pointer, or a pointer that was merged into data: following the pointer would lose the
 * data, and returning the object would lose what the pointer names. Looked at are pointers under the two old names,
 * entries of a map, and pointers of the shim itself anywhere, inside JSON strings too. What other writers left in user
 * data passes.
 */

/** A pointer that is marked as one, wherever in a document it is. */
export interface PlacedPointer<V extends Value = Value> extends ValuePlace<V> {
  readonly pointer: Pointer;
}

/** The member that makes an object a pointer. */
export const POINTER_MARKER = '__s3_pointer__';

/** Marked pointers in a value from `JSON.parse`. One without any pointer, the usual case, costs one walk over it. */
export function pointersInObjects(root: ObjectValue): Iterable<PlacedPointer<ObjectValue>> {
  return detectPointers(searchObjects(root, POINTER_MARKER));
}

/** Marked pointers in stored text: two searches in a document without a pointer, and no look at its values. */
export function pointersInBytes(root: ByteValue): Iterable<PlacedPointer<ByteValue>> {
  return detectPointers(searchBytes(root, POINTER_MARKER));
}

/** The pointers among places that have the marker. */
export function* detectPointers<V extends Value>(places: Iterable<ValuePlace<V>>): Generator<PlacedPointer<V>> {
  for (const place of places) {
    const pointer = s3Pointer.detect(place.value);
    if (pointer) yield { ...place, pointer };
  }
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
