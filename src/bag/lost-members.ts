import { detectSite, holdsDigest } from './bag.js';
import type { BagSite } from './bag.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP, MAP_PATH, PROGRAM_MEMBERS, VERSION } from './members.js';
import { isMissing } from './reader.js';
import type { ValueReader } from './reader.js';

/**
 * Names of the members to put back into a returned bag from the bag that its event had: merges set
 * `segment_manifest_s3_path` to null or to another document, and a runner may build its answer from the members it
 * knows. Only for a bag of the same workflow, and never from a manifest of another map. Empty when nothing is missing.
 */
export function listLostMembers<V>(reader: ValueReader<V>, bag: V, before: V): readonly string[] {
  if (!belongsTogether(reader, bag, before)) return [];
  const led = [
    ...missingOf(reader, bag, before, CONFIG, CONFIG_PATH),
    ...missingOf(reader, bag, before, MAP, MAP_PATH),
  ];
  const restored = [...led, ...stampOf(reader, bag, before, led)];
  const lost = isManifestLost(reader, bag, before, restored) ? [...restored, MANIFEST_PATH] : restored;
  return lost.filter((name) => !isSameText(reader, reader.member(bag, name), reader.member(before, name)));
}

/** The same ids, or none; and something of a program about it, so that no bag is made of what is none. */
function belongsTogether<V>(reader: ValueReader<V>, bag: V, before: V): boolean {
  const [site, earlier] = [siteOf(reader, bag), siteOf(reader, before)];
  const isSame = (one: string | undefined, other: string | undefined) => one === undefined || one === other;
  if (!isSame(site.ownerId, earlier.ownerId) || !isSame(site.workflowId, earlier.workflowId)) return false;
  const hasIds = site.ownerId !== undefined && site.workflowId !== undefined;
  return hasIds || PROGRAM_MEMBERS.some((name) => reader.member(bag, name) !== undefined);
}

/** The member that the earlier bag has, under either name, when the returned bag has neither. */
function missingOf<V>(reader: ValueReader<V>, bag: V, before: V, name: string, pathName: string): readonly string[] {
  if (!isEmpty(reader, bag, name) || !isEmpty(reader, bag, pathName)) return [];
  return [pathName, name].filter((candidate) => !isEmpty(reader, before, candidate)).slice(0, 1);
}

/** A bag with something inline is stamped when that is offloaded. */
function stampOf<V>(reader: ValueReader<V>, bag: V, before: V, restored: readonly string[]): readonly string[] {
  const { generation } = siteOf(withMembers(reader, bag, before, restored), bag);
  return generation === 'lean' && isEmpty(reader, bag, VERSION) && !isEmpty(reader, before, VERSION) ? [VERSION] : [];
}

/** A content address is never another document's; anything else that differs may be. */
function isManifestLost<V>(reader: ValueReader<V>, bag: V, before: V, restored: readonly string[]): boolean {
  const whole = withMembers(reader, bag, before, restored);
  const [site, earlier] = [siteOf(whole, bag), siteOf(reader, before)];
  if (holdsDigest(site.manifestPath) || site.map.state === 'inline') return false;
  if (!isSameText(reader, whole.member(bag, MAP_PATH), reader.member(before, MAP_PATH))) return false;
  return (
    holdsDigest(earlier.manifestPath) ||
    (site.manifestPath.state !== 'pointer' && earlier.manifestPath.state === 'pointer')
  );
}

/** A reader to which the bag has those members as the earlier bag has them. */
function withMembers<V>(reader: ValueReader<V>, bag: V, before: V, restored: readonly string[]): ValueReader<V> {
  return {
    ...reader,
    member: (value, name) => reader.member(value === bag && restored.includes(name) ? before : value, name),
  };
}

function siteOf<V>(reader: ValueReader<V>, bag: V): BagSite<V> {
  return detectSite(reader, { path: [], value: bag });
}

function isEmpty<V>(reader: ValueReader<V>, bag: V, name: string): boolean {
  const value = reader.member(bag, name);
  return isMissing(reader, value) || reader.text(value) === '';
}

/** Paths are text; what is none is the same only where neither has it. */
function isSameText<V>(reader: ValueReader<V>, one: V | undefined, other: V | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one === other || (reader.text(one) !== undefined && reader.text(one) === reader.text(other));
}
