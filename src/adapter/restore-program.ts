import { detectSite, holdsDigest } from '../bag/detect.js';
import type { BagSite } from '../bag/detect.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP, MAP_PATH, PROGRAM_MEMBERS, VERSION } from '../bag/members.js';
import { objectReader } from '../bag/object-reader.js';
import type { JsonMembers } from './json-members.js';

/**
 * A returned bag with what leads to its program put back from the bag that its event had: merges set
 * `segment_manifest_s3_path` to null or to another document, and a runner may build its answer from the members it
 * knows. Only for a bag of the same workflow, and never from a manifest of another map. The same object when nothing is
 * missing.
 */
export function restoreProgram(bag: JsonMembers, before: JsonMembers): JsonMembers {
  if (!belongsTogether(bag, before)) return bag;
  const names = [...missingOf(bag, before, CONFIG, CONFIG_PATH), ...missingOf(bag, before, MAP, MAP_PATH)];
  const led = { ...bag, ...pick(before, names) };
  const restored = { ...led, ...pick(before, stampOf(led, before)) };
  const withManifest = isManifestLost(restored, before) ? { ...restored, [MANIFEST_PATH]: before[MANIFEST_PATH] } : restored;
  return Object.keys(withManifest).every((name) => withManifest[name] === bag[name]) ? bag : withManifest;
}

/** The same ids, or none; and something of a program about it, so that no bag is made of what is none. */
function belongsTogether(bag: JsonMembers, before: JsonMembers): boolean {
  const [site, earlier] = [siteOf(bag), siteOf(before)];
  const isSame = (one: string | undefined, other: string | undefined) => one === undefined || one === other;
  if (!isSame(site.ownerId, earlier.ownerId) || !isSame(site.workflowId, earlier.workflowId)) return false;
  const hasIds = site.ownerId !== undefined && site.workflowId !== undefined;
  return hasIds || PROGRAM_MEMBERS.some((name) => Object.hasOwn(bag, name));
}

/** The member that the earlier bag has, under either name, when the returned bag has neither. */
function missingOf(bag: JsonMembers, before: JsonMembers, name: string, pathName: string): readonly string[] {
  if (!isEmpty(bag[name]) || !isEmpty(bag[pathName])) return [];
  return [pathName, name].filter((candidate) => !isEmpty(before[candidate])).slice(0, 1);
}

/** A bag with something inline is stamped when that is offloaded. */
function stampOf(bag: JsonMembers, before: JsonMembers): readonly string[] {
  return siteOf(bag).generation === 'lean' && isEmpty(bag[VERSION]) && !isEmpty(before[VERSION]) ? [VERSION] : [];
}

/** A content address is never another document's; anything else that differs may be. */
function isManifestLost(bag: JsonMembers, before: JsonMembers): boolean {
  const [site, earlier] = [siteOf(bag), siteOf(before)];
  if (holdsDigest(site.manifestPath) || site.map.state === 'inline' || bag[MAP_PATH] !== before[MAP_PATH]) return false;
  return holdsDigest(earlier.manifestPath) || (site.manifestPath.state !== 'pointer' && earlier.manifestPath.state === 'pointer');
}

function siteOf(bag: JsonMembers): BagSite<unknown> {
  return detectSite(objectReader, { path: [], value: bag });
}

function pick(members: JsonMembers, names: readonly string[]): JsonMembers {
  return Object.fromEntries(names.map((name) => [name, members[name]]));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
