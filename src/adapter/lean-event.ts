import type { JsonMembers } from './json-members.js';

/** Deeper than any caller wraps. */
const MAX_WRAPPERS = 8;

/** A content address: a SHA-256 as a whole folder of the key. */
const CONTENT_ADDRESS = /^s3:\/\/.*\/[0-9a-f]{64}\//;

/**
 * True for an event or result that is beyond doubt lean: stamped, nothing inline, all three paths content addresses,
 * nothing else on the way to the bag. It allocates nothing and takes a fraction of a microsecond. False says only that
 * `detect` has to look.
 */
export function isLeanEvent(event: JsonMembers): boolean {
  let level: JsonMembers = event;
  for (let depth = 0; depth <= MAX_WRAPPERS; depth++) {
    if (level.state_bag_version === 2) return isLeanBag(level);
    const inner: unknown = level.Payload ?? level.state_data ?? level.bag;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || leads(level)) return false;
    level = inner as JsonMembers;
  }
  return false;
}

function isLeanBag(bag: JsonMembers): boolean {
  return (
    bag.workflow_config === undefined &&
    bag.partition_map === undefined &&
    bag._is_init === undefined &&
    bag._status === undefined &&
    bag.Payload === undefined &&
    bag.state_data === undefined &&
    bag.bag === undefined &&
    isContentAddress(bag.segment_manifest_s3_path) &&
    isContentAddress(bag.partition_map_s3_path) &&
    isContentAddress(bag.workflow_config_s3_path)
  );
}

function isContentAddress(path: unknown): boolean {
  return typeof path === 'string' && CONTENT_ADDRESS.test(path);
}

/** A level around the bag with anything of a program in it is left to `detect`. */
function leads(level: JsonMembers): boolean {
  return level.workflow_config !== undefined || level.partition_map !== undefined || level.segment_manifest !== undefined;
}
