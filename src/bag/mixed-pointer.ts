import { detectDigest } from '../content-address.js';
import { PointerError } from '../errors.js';
import { bufferOver } from '../json/index.js';
import { byteReader } from './byte-reader.js';
import type { ByteValue } from './byte-reader.js';
import type { BagSite } from './detect.js';
import { s3Pointer } from './dialects/s3-pointer.js';
import { CONFIG, MAP } from './members.js';
import type { Pointer } from './pointer.js';
import type { ValueReader } from './value-reader.js';

/** The member that makes an object a pointer. */
export const POINTER_MARKER = '__s3_pointer__';

/** Names under which a bag holds a program, at any depth: a merge may nest bags. */
const PROGRAM_NAMES: readonly (string | undefined)[] = [CONFIG, MAP];

/** A pointer with members beyond its own. */
export interface MixedPointer {
  /** Member names and positions from the root; a JSON string on the way is one step. */
  readonly path: readonly string[];
  readonly pointer: Pointer;
}

/**
 * Places of a document where data was merged into a pointer, or a pointer into data: following it would lose the data,
 * and returning it would lose what the pointer names. Looked at are pointers under the two old names, and pointers of
 * the shim itself anywhere, inside JSON strings too. What other writers left in user data passes. `mentions` says
 * whether the marker may be inside a value.
 */
export function* mixedPointers<V>(reader: ValueReader<V>, root: V, mentions: (value: V) => boolean): Generator<MixedPointer> {
  const open: Place<V>[] = [{ path: [], value: root }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (!mentions(place.value)) continue;
    const pointer = s3Pointer.detect(reader, place.value);
    if (pointer?.mixed && (PROGRAM_NAMES.includes(place.path.at(-1)) || isOurs(pointer))) yield { path: place.path, pointer };
    open.push(...placesIn(reader, place));
  }
}

/** Throws `PointerError` `POINTER_MIXED` for the first of them. */
export function assertUnmixed<V>(reader: ValueReader<V>, root: V, mentions: (value: V) => boolean): void {
  for (const { path, pointer } of mixedPointers(reader, root, mentions)) assertPure(pointer, path.join('.'));
}

/** `assertUnmixed` for the program members of bags, whatever the dialect of their pointers. */
export function assertUnmixedSites<V>(sites: readonly BagSite<V>[]): void {
  for (const [name, field] of sites.flatMap(({ config, map }) => [[CONFIG, config], [MAP, map]] as const)) {
    if (field.state === 'pointer') assertPure(field.pointer, name);
  }
}

/** Both over stored text: one search in a document without a pointer, and no look at its values. */
export function assertUnmixedBytes(root: ByteValue, sites: readonly BagSite<ByteValue>[]): void {
  assertUnmixedSites(sites);
  assertUnmixed(byteReader, root, (value) => bufferOver(byteReader.bytes(value)).includes(POINTER_MARKER));
}

/** Throws `PointerError` `POINTER_MIXED` for a pointer with members that no writer of pointers gives it. */
export function assertPure(pointer: Pointer, place = ''): void {
  if (pointer.mixed) throw new PointerError('POINTER_MIXED', `${mixedMessage(pointer, place)} Wrap the handler that merges, and repair the bag by hand`);
}

/** What is wrong with a mixed pointer. `place` names its member. */
export function mixedMessage({ target, mixed = [] }: Pointer, place = ''): string {
  const [where, key] = [place === '' ? 'an object' : `"${place.slice(0, 200)}"`, target?.key.slice(0, 200) ?? ''];
  const others = `${mixed.slice(0, 5).join(', ').slice(0, 200)}${mixed.length > 5 ? ', …' : ''}`;
  return `${where} holds a pointer to "${key}" and other members (${others}): data was merged without reading the pointer, which is neither followed nor returned.`;
}

interface Place<V> {
  readonly path: readonly string[];
  readonly value: V;
}

function placesIn<V>(reader: ValueReader<V>, { path, value }: Place<V>): readonly Place<V>[] {
  const embedded = reader.embedded(value);
  if (embedded !== undefined) return [{ path, value: embedded }];
  const members = reader.names(value).map((name) => ({ path: [...path, name], value: reader.member(value, name)! }));
  return [...members, ...reader.items(value).map((item, index) => ({ path: [...path, String(index)], value: item }))];
}

/** Keys of the shim hold a digest, those of legacy writers do not. A layout without one keeps its members' folder. */
function isOurs({ target }: Pointer): boolean {
  return detectDigest(target?.key) !== undefined || /(^|\/)state-members\//.test(target?.key ?? '');
}
