import { NEWEST_VERSION } from '../../migrations/index.js';
import { detectPath, holdsDigest } from '../bag/bag.js';
import type { AddressRule } from '../bag/places.js';
import { ObjectValue, isMembers } from '../bag/value.js';
import type { JsonMembers } from '../bag/value.js';
import { BagError } from '../errors/index.js';

/** Containers that may nest in a value the adapter walks. Python's own parser gives up near 1,000. */
const MAX_WALK_DEPTH = 2000;

function tooDeep(): BagError {
  return new BagError('JSON_TOO_DEEP', `a value is nested deeper than ${MAX_WALK_DEPTH} levels`);
}

const encoder = new TextEncoder();

/**
 * What `JSON.stringify` makes of a value, `null` where it makes nothing. Throws `BagError` `NOT_JSON` for what it
 * refuses: circles, `bigint`, nesting beyond its stack.
 */
export function jsonText(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : 'null';
  } catch (cause) {
    throw new BagError('NOT_JSON', 'a value cannot be written as JSON', { cause });
  }
}

/** The same in UTF-8. */
export function jsonBytes(value: unknown): Uint8Array {
  return encoder.encode(jsonText(value));
}

/**
 * A copy of a JSON value that shares nothing mutable with it; about five times as fast as `structuredClone`. Strings
 * are immutable and shared. Throws `BagError` `JSON_TOO_DEEP`.
 */
export function cloneJson<T>(value: T): T {
  return clone(value, 0) as T;
}

function clone(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_WALK_DEPTH) throw tooDeep();
  return Array.isArray(value) ? value.map((item) => clone(item, depth + 1)) : cloneMembers(value, depth);
}

function cloneMembers(members: object, depth: number): object {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    // Assignment to this one name would set the prototype instead of a member.
    if (name === '__proto__')
      Object.defineProperty(copy, name, {
        value: clone(value, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else copy[name] = clone(value, depth + 1);
  }
  return copy;
}

/**
 * True when a live value has the very JSON text that a private copy from `JSON.parse` has: same members in the same
 * order, same numbers and strings. A live value may hold anything; whatever `JSON.stringify` would treat in a way of
 * its own (dates, class instances, functions, holes, `undefined`) is never the same. The comparison goes no deeper than
 * the copy, and `cloneJson` makes none of a value that nests too deep.
 */
export function sameJson(live: unknown, copy: unknown): boolean {
  if (typeof live !== 'object' || live === null || typeof copy !== 'object' || copy === null) return live === copy;
  if (live === copy) return true;
  if (Array.isArray(copy)) return Array.isArray(live) && sameItems(live, copy);
  return isPlain(live) && !Array.isArray(live) && sameMembers(live, copy as Record<string, unknown>);
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function sameItems(live: readonly unknown[], copy: readonly unknown[]): boolean {
  if (live.length !== copy.length) return false;
  for (let at = 0; at < copy.length; at++) {
    if (!sameJson(live[at], copy[at])) return false;
  }
  return true;
}

function sameMembers(live: Record<string, unknown>, copy: Record<string, unknown>): boolean {
  const [names, expected] = [Object.keys(live), Object.keys(copy)];
  if (names.length !== expected.length) return false;
  for (let at = 0; at < expected.length; at++) {
    const name = expected[at]!;
    if (names[at] !== name || !sameJson(live[name], copy[name])) return false;
  }
  return true;
}

/**
 * The place, as a JSON pointer (RFC 6901), of the first difference between two JSON values; `undefined` when they say
 * the same. The order of members says nothing; numbers count as the doubles they are, `-0` and `0` being two.
 */
export function firstDifference(one: unknown, other: unknown): string | undefined {
  return differ(one, other, '', 0);
}

function differ(one: unknown, other: unknown, path: string, depth: number): string | undefined {
  if (Object.is(one, other)) return undefined;
  if (depth > MAX_WALK_DEPTH) return path;
  if (Array.isArray(one) && Array.isArray(other)) return differInItems(one, other, path, depth + 1);
  if (isMembers(one) && isMembers(other)) return differInMembers(one, other, path, depth + 1);
  return path;
}

function differInItems(
  one: readonly unknown[],
  other: readonly unknown[],
  path: string,
  depth: number,
): string | undefined {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const found =
      at < one.length && at < other.length ? differ(one[at], other[at], `${path}/${at}`, depth) : `${path}/${at}`;
    if (found !== undefined) return found;
  }
  return undefined;
}

function differInMembers(
  one: Record<string, unknown>,
  other: Record<string, unknown>,
  path: string,
  depth: number,
): string | undefined {
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const isInBoth = Object.hasOwn(one, name) && Object.hasOwn(other, name);
    const found = isInBoth ? differ(one[name], other[name], place, depth) : place;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Deeper than any caller wraps. */
const MAX_WRAPPERS = 8;

/** Members that lead to a stored program by a path, and the last content address met under each. */
const PATHS = { manifest: '', map: '', config: '', alias: '' };

/**
 * Knows events and results that are beyond doubt lean: stamped with the newest version, nothing inline, every path a
 * content address, nothing else on the way to the bag. For a bag like the last one it allocates nothing and takes a
 * fraction of a microsecond. It must look at every member that `needsMigration` and the envelope look at.
 */
export class LeanCheck {
  readonly #addresses: AddressRule;
  /** The steps of an execution repeat their paths. */
  readonly #known = { ...PATHS };

  /** `addresses` says which targets of pointers are content addresses. */
  constructor(addresses: AddressRule) {
    this.#addresses = addresses;
  }

  /** False says only that the bag has to be read. */
  isLeanEvent(event: JsonMembers): boolean {
    let level: JsonMembers = event;
    for (let depth = 0; depth <= MAX_WRAPPERS; depth++) {
      if (level.state_bag_version === NEWEST_VERSION) return this.#isLeanBag(level);
      const inner: unknown = level.Payload ?? level.state_data ?? level.bag;
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || mayBeBag(level)) return false;
      level = inner as JsonMembers;
    }
    return false;
  }

  #isLeanBag(bag: JsonMembers): boolean {
    return (
      bag.workflow_config === undefined &&
      bag.partition_map === undefined &&
      bag._is_init === undefined &&
      bag._status === undefined &&
      bag.Payload === undefined &&
      bag.state_data === undefined &&
      bag.bag === undefined &&
      isText(bag.ownerId) &&
      isText(bag.workflowId) &&
      bag.owner_id === undefined &&
      bag.workflow_id === undefined &&
      this.#isContentAddress('manifest', bag.segment_manifest_s3_path) &&
      this.#isContentAddress('map', bag.partition_map_s3_path) &&
      this.#isContentAddress('config', bag.workflow_config_s3_path) &&
      (bag.manifest_s3_path === undefined || this.#isContentAddress('alias', bag.manifest_s3_path)) &&
      (bag.segment_manifest === undefined || isPointerList(bag.segment_manifest, bag.segment_manifest_s3_path))
    );
  }

  #isContentAddress(member: keyof typeof PATHS, path: unknown): boolean {
    if (typeof path !== 'string' || path === '') return false;
    if (path === this.#known[member]) return true;
    if (!holdsDigest(detectPath(new ObjectValue(path), this.#addresses))) return false;
    this.#known[member] = path;
    return true;
  }
}

/** An id of another kind is left to `detect`, which refuses some. */
function isText(id: unknown): boolean {
  return typeof id === 'string' || id === undefined;
}

/** The list that takes the place of an inline manifest: each entry points to the manifest of the bag. */
function isPointerList(list: unknown, path: unknown): boolean {
  return (
    Array.isArray(list) &&
    list.every((item) => isMembers(item) && item.segment_config === undefined && item.manifest_s3_path === path)
  );
}

/**
 * A level around the bag with ids or anything of a program in it may be a bag of its own, which is left to `detect`.
 */
function mayBeBag(level: JsonMembers): boolean {
  return (
    level.ownerId !== undefined ||
    level.owner_id !== undefined ||
    level.workflowId !== undefined ||
    level.workflow_id !== undefined ||
    level.workflow_config !== undefined ||
    level.partition_map !== undefined ||
    level.segment_manifest !== undefined ||
    level.workflow_config_s3_path !== undefined ||
    level.partition_map_s3_path !== undefined ||
    level.segment_manifest_s3_path !== undefined ||
    level.state_bag_version !== undefined
  );
}
