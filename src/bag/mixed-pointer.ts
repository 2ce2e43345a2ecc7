import { findDigestInPath } from '../content-address.js';
import { PointerError } from '../errors.js';
import { searchBytes, searchObjects } from './search.js';
import type { ValuePlace } from './search.js';
import { textMember } from './value.js';
import type { ByteValue, Value, ObjectValue } from './value.js';
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
