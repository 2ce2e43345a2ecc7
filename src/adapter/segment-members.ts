import type { ResolvedSegment } from '../bag/resolve.js';
import { cloneJson } from './json-clone.js';
import { isMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { sameJson } from './same-json.js';

/** What was put into an event for its runner, so that it can be taken out of the result again. */
export interface Added {
  readonly members: JsonMembers;
  /** The root of the event as it came in. */
  readonly root: JsonMembers;
  /** The bag in it as it came in. */
  readonly bag: JsonMembers;
}

/** The members a runner finds at the root of its event. The program is a copy, so that no change of it reaches a cache. */
export function segmentMembers(resolved: ResolvedSegment<unknown>, manifestPath: string | undefined): JsonMembers {
  const { segmentConfig, segmentIndex, source } = resolved;
  // A branch's program is not in the manifest of the workflow around it.
  const path = source === 'branch-map' ? undefined : manifestPath;
  return {
    segment_config: cloneJson(segmentConfig),
    ...(segmentIndex === undefined ? {} : { segment_index: segmentIndex }),
    ...(path === undefined ? {} : { segment_manifest_s3_path: path, manifest_s3_path: path }),
  };
}

/** The event with those members; what it says itself about index and manifest stays. */
export function addMembers(event: JsonMembers, members: JsonMembers): JsonMembers {
  const missing = Object.entries(members).filter(([name]) => name === 'segment_config' || isEmpty(event[name]));
  return { ...event, ...Object.fromEntries(missing) };
}

/** What a level of a result is: its root, or a bag in it, or both. */
export interface LevelKind {
  readonly isRoot: boolean;
  readonly isBag: boolean;
}

/**
 * A level of a result without what the shim added to the event. A program left in a bag would be the first thing the
 * next event is asked for, and the wrong one by then; so it goes even if the handler changed it.
 */
export function withoutAdded(level: JsonMembers, { members, root, bag }: Added, { isRoot, isBag }: LevelKind): JsonMembers {
  const origin = isRoot || root === bag ? root : bag;
  // The path is a member of every lean bag in its own right.
  const names = Object.keys(members).filter((name) => !(isBag && name === 'segment_manifest_s3_path'));
  const added = new Set(names.filter((name) => Object.hasOwn(level, name) && isOurs(name, level[name], members[name], origin[name])));
  if (added.size === 0) return level;
  const kept = Object.entries(level).flatMap(([name, value]): [string, unknown][] => {
    if (!added.has(name)) return [[name, value]];
    return Object.hasOwn(origin, name) ? [[name, origin[name]]] : [];
  });
  return Object.fromEntries(kept);
}

function isOurs(name: string, value: unknown, added: unknown, original: unknown): boolean {
  return name === 'segment_config' ? isHollowMember(original) : isEmpty(original) && sameJson(value, added);
}

function isHollowMember(value: unknown): boolean {
  return isEmpty(value) || (isMembers(value) && Object.keys(value).length === 0);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
