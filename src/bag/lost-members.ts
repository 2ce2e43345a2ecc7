import { Bag, detectField, detectPath, holdsDigest, isEmpty } from './bag.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP, MAP_PATH, PROGRAM_MEMBERS, VERSION } from './members.js';
import type { AddressRule } from './places.js';
import { isSameValue } from './value.js';
import type { Value } from './value.js';

/**
 * Names of the members to put back into a returned bag from the bag that its event had: merges set
 * `segment_manifest_s3_path` to null or to another document, and a runner may build its answer from the members it
 * knows. Only for a bag of the same workflow, and never from a manifest of another map. Empty when nothing is missing.
 */
export function listLostMembers(value: Value, before: Value, addresses: AddressRule): readonly string[] {
  if (!belongsTogether(value, before)) return [];
  const led = [...listMissing(value, before, CONFIG, CONFIG_PATH), ...listMissing(value, before, MAP, MAP_PATH)];
  const restored = [...led, ...listLostStamp(value, before, { names: led, addresses })];
  const isLostToo = isManifestLost(value, before, { names: restored, addresses });
  const lost = isLostToo ? [...restored, MANIFEST_PATH] : restored;
  return lost.filter((name) => !isSameValue(value.member(name), before.member(name)));
}

/** The same ids, or none; and something of a program about it, so that no bag is made of what is none. */
function belongsTogether(value: Value, before: Value): boolean {
  const [bag, earlier] = [new Bag(value), new Bag(before)];
  const isSame = (one: string | undefined, other: string | undefined) => one === undefined || one === other;
  if (!isSame(bag.ownerId, earlier.ownerId) || !isSame(bag.workflowId, earlier.workflowId)) return false;
  const hasIds = bag.ownerId !== undefined && bag.workflowId !== undefined;
  return hasIds || PROGRAM_MEMBERS.some((name) => value.member(name) !== undefined);
}

/** The member that the earlier bag has, under either name, when the returned bag has neither. */
function listMissing(value: Value, before: Value, name: string, pathName: string): readonly string[] {
  if (!isLost(value, name) || !isLost(value, pathName)) return [];
  return [pathName, name].filter((candidate) => !isLost(before, candidate)).slice(0, 1);
}

/** Members that are put back, and which targets of pointers are content addresses. */
interface Restored {
  readonly names: readonly string[];
  readonly addresses: AddressRule;
}

/** A bag with something inline is stamped when that is offloaded. */
function listLostStamp(value: Value, before: Value, restored: Restored): readonly string[] {
  const { generation } = withMembers(value, before, restored);
  return generation === 'lean' && isLost(value, VERSION) && !isLost(before, VERSION) ? [VERSION] : [];
}

/** A content address is never another document's; anything else that differs may be. */
function isManifestLost(value: Value, before: Value, restored: Restored): boolean {
  const [bag, earlier] = [withMembers(value, before, restored), new Bag(before, { addresses: restored.addresses })];
  if (holdsDigest(bag.manifestPath) || bag.map.state === 'inline') return false;
  if (!isSamePath(bag.get(MAP_PATH), before.member(MAP_PATH))) return false;
  return (
    holdsDigest(earlier.manifestPath) ||
    (bag.manifestPath.state !== 'pointer' && earlier.manifestPath.state === 'pointer')
  );
}

/** The bag with those members as the earlier bag has them. */
function withMembers(value: Value, before: Value, { names, addresses }: Restored): Bag {
  return new Bag(value, { borrowed: new Map(names.map((name) => [name, before.member(name)!])), addresses });
}

function isLost(value: Value, name: string): boolean {
  return isEmpty(detectField(value.member(name)));
}

/** No reader tells an absent path from null or `""`. */
function isSamePath(one: Value | undefined, other: Value | undefined): boolean {
  return isSameValue(one, other) || (isEmpty(detectPath(one)) && isEmpty(detectPath(other)));
}
