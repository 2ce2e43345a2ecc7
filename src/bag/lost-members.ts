import { Bag, detectField, holdsDigest, isEmpty } from './bag.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP, MAP_PATH, PROGRAM_MEMBERS, VERSION } from './members.js';
import type { AddressRule } from './places.js';
import type { Value } from './value.js';

/**
 * Names of the members to put back into a returned bag from the bag that its event had: merges set
 * `segment_manifest_s3_path` to null or to another document, and a runner may build its answer from the members it
 * knows. Only for a bag of the same workflow, and never from a manifest of another map. Empty when nothing is missing.
 */
export function listLostMembers(bag: Value, before: Value, addresses: AddressRule): readonly string[] {
  if (!belongsTogether(bag, before)) return [];
  const led = [...missingOf(bag, before, CONFIG, CONFIG_PATH), ...missingOf(bag, before, MAP, MAP_PATH)];
  const restored = [...led, ...stampOf(bag, before, { names: led, addresses })];
  const isLostToo = isManifestLost(bag, before, { names: restored, addresses });
  const lost = isLostToo ? [...restored, MANIFEST_PATH] : restored;
  return lost.filter((name) => !isSameText(bag.member(name), before.member(name)));
}

/** The same ids, or none; and something of a program about it, so that no bag is made of what is none. */
function belongsTogether(bag: Value, before: Value): boolean {
  const [site, earlier] = [new Bag(bag), new Bag(before)];
  const isSame = (one: string | undefined, other: string | undefined) => one === undefined || one === other;
  if (!isSame(site.ownerId, earlier.ownerId) || !isSame(site.workflowId, earlier.workflowId)) return false;
  const hasIds = site.ownerId !== undefined && site.workflowId !== undefined;
  return hasIds || PROGRAM_MEMBERS.some((name) => bag.member(name) !== undefined);
}

/** The member that the earlier bag has, under either name, when the returned bag has neither. */
function missingOf(bag: Value, before: Value, name: string, pathName: string): readonly string[] {
  if (!isLost(bag, name) || !isLost(bag, pathName)) return [];
  return [pathName, name].filter((candidate) => !isLost(before, candidate)).slice(0, 1);
}

/** Members that are put back, and which targets of pointers are content addresses. */
interface Restored {
  readonly names: readonly string[];
  readonly addresses: AddressRule;
}

/** A bag with something inline is stamped when that is offloaded. */
function stampOf(bag: Value, before: Value, restored: Restored): readonly string[] {
  const { generation } = withMembers(bag, before, restored);
  return generation === 'lean' && isLost(bag, VERSION) && !isLost(before, VERSION) ? [VERSION] : [];
}

/** A content address is never another document's; anything else that differs may be. */
function isManifestLost(bag: Value, before: Value, restored: Restored): boolean {
  const [site, earlier] = [withMembers(bag, before, restored), new Bag(before, { addresses: restored.addresses })];
  if (holdsDigest(site.manifestPath) || site.map.state === 'inline') return false;
  if (!isSameText(site.get(MAP_PATH), before.member(MAP_PATH))) return false;
  return (
    holdsDigest(earlier.manifestPath) ||
    (site.manifestPath.state !== 'pointer' && earlier.manifestPath.state === 'pointer')
  );
}

/** The bag with those members as the earlier bag has them. */
function withMembers(bag: Value, before: Value, { names, addresses }: Restored): Bag {
  return new Bag(bag, { borrowed: new Map(names.map((name) => [name, before.member(name)!])), addresses });
}

function isLost(bag: Value, name: string): boolean {
  return isEmpty(detectField(bag.member(name)));
}

/** Paths are text; what is none is the same only where neither has it. */
function isSameText(one: Value | undefined, other: Value | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.is(other) || (one.text() !== undefined && one.text() === other.text());
}
