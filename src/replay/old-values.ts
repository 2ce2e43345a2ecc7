import { s3Pointer } from '../bag/pointers.js';
import type { Pointer } from '../bag/pointers.js';
import { isMissing, isObject } from '../bag/value.js';
import type { Value } from '../bag/value.js';

/*
 * Values as the old reader's Python sees them. Its hydrator wraps the event: members that are `__s3_pointer__` are read
 * when they are asked for, and nulls are left out of lists. What it reads from a path is not wrapped.
 */

/** The old runner ends with an error here. */
export class OldFailure extends Error {}

/** Reads what a pointer names. Throws what following a pointer throws. */
export type Load<V extends Value = Value> = (pointer: Pointer) => Promise<V>;

/** A value, and whether the hydrator wrapped it. */
export interface OldValue<V extends Value = Value> {
  readonly value: V;
  readonly isWrapped: boolean;
}

/** `object.get(name)`: a pointer is followed, null and an absent member are `undefined`. */
export async function getMember<V extends Value>(
  { value, isWrapped }: OldValue<V>,
  name: string,
  load: Load<V>,
): Promise<OldValue<V> | undefined> {
  const member = value.member(name);
  if (isMissing(member)) return undefined;
  const pointer = isWrapped ? s3Pointer.detect(member) : undefined;
  if (pointer === undefined) return { value: member, isWrapped };
  assertChecksum(member);
  const loaded = await load(pointer);
  return isMissing(loaded) ? undefined : { value: loaded, isWrapped };
}

/** Other checksums never match there: it compares text with the first 8 hex digits of the MD5. */
function assertChecksum(pointer: Value): void {
  const checksum = pointer.member('checksum')?.text() ?? '';
  if (checksum !== '' && !/^[0-9a-f]{8}$/.test(checksum))
    throw new OldFailure(`the checksum "${checksum}" of a pointer is not 8 hex digits in lower case`);
}

/** Items of a list; the hydrator leaves nulls out. */
export function listItems<V extends Value>({ value, isWrapped }: OldValue<V>): readonly V[] {
  return isWrapped ? value.items().filter((item) => !isMissing(item)) : value.items();
}

/** `bool(value)`. A wrapped object does not count the members that are pointers. */
export function isTruthy(old: OldValue | undefined): old is OldValue {
  if (old === undefined) return false;
  const { value } = old;
  switch (value.kind()) {
    case 'object':
      return countMembers(old) > 0;
    case 'array':
      return listItems(old).length > 0;
    case 'string':
      return value.text() !== '';
    case 'number':
      return value.number() !== 0;
    case 'boolean':
      return isTrue(value);
    default:
      return value.kind() === 'nonfinite';
  }
}

/** `len(object)`. */
export function countMembers({ value, isWrapped }: OldValue): number {
  const names = value.names();
  // A pointer in place of a value is not wrapped itself.
  if (!isWrapped || s3Pointer.detect(value)) return names.length;
  return names.filter((name) => !isPointer(value.member(name)!)).length;
}

export function isPointer(value: Value): boolean {
  return isObject(value) && s3Pointer.detect(value) !== undefined;
}

/** A segment index as Python compares it: `true` is 1, and `1.0` is no position of a list. */
export type OldIndex =
  | { readonly kind: 'int'; readonly number: number; readonly key: string }
  | { readonly kind: 'float'; readonly number: number; readonly key: string }
  | { readonly kind: 'other'; readonly key: string | undefined };

export const FIRST: OldIndex = { kind: 'int', number: 0, key: '0' };

/** `key` is `str(index)`, by which a dict is asked. */
export function parseIndex(value: Value): OldIndex {
  const text = new TextDecoder().decode(value.bytes());
  switch (value.kind()) {
    case 'boolean':
      return isTrue(value) ? { kind: 'int', number: 1, key: 'True' } : { kind: 'int', number: 0, key: 'False' };
    case 'number':
      return /^-?\d+$/.test(text)
        ? { kind: 'int', number: Number(text), key: BigInt(text).toString() }
        : { kind: 'float', number: Number(text), key: floatKey(Number(text)) };
    case 'nonfinite':
      return { kind: 'float', number: Number(text), key: text };
    default:
      return { kind: 'other', key: value.text() };
  }
}

function floatKey(number: number): string {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

function isTrue(value: Value): boolean {
  return value.bytes()[0] === 0x74;
}
