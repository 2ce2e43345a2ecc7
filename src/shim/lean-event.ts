import { NEWEST_VERSION } from '../../migrations/index.js';
import type { JsonMembers } from './plain-values.js';

/** Deeper than any caller wraps. */
const MAX_WRAPPERS = 8;

/** The last content address met under each name: the steps of an execution repeat theirs. */
const known = { manifest: '', map: '', config: '' };

/**
 * True for an event or result that is beyond doubt lean: stamped with the newest version, nothing inline, all three
 * paths content addresses as the default layout has them, nothing else on the way to the bag. It allocates nothing and
 * takes a fraction of a microsecond. False says only that `detect` has to look.
 */
export function isLeanEvent(event: JsonMembers): boolean {
  let level: JsonMembers = event;
  for (let depth = 0; depth <= MAX_WRAPPERS; depth++) {
    if (level.state_bag_version === NEWEST_VERSION) return isLeanBag(level);
    const inner: unknown = level.Payload ?? level.state_data ?? level.bag;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || mayBeBag(level)) return false;
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
    isText(bag.ownerId) &&
    isText(bag.workflowId) &&
    bag.owner_id === undefined &&
    bag.workflow_id === undefined &&
    isContentAddress('manifest', bag.segment_manifest_s3_path) &&
    isContentAddress('map', bag.partition_map_s3_path) &&
    isContentAddress('config', bag.workflow_config_s3_path)
  );
}

/** An id of another kind is left to `detect`, which refuses some. */
function isText(id: unknown): boolean {
  return typeof id === 'string' || id === undefined;
}

function isContentAddress(member: keyof typeof known, path: unknown): boolean {
  if (typeof path !== 'string' || path === '') return false;
  if (path === known[member]) return true;
  if (!endsInDigestFolder(path)) return false;
  known[member] = path;
  return true;
}

/**
 * A SHA-256 as the last folder of the key, where the default layout has it. A loop, since a pattern takes twice as
 * long.
 */
function endsInDigestFolder(path: string): boolean {
  const end = path.lastIndexOf('/');
  const start = end - 64;
  // At least one character of the bucket stands between the scheme and the key.
  if (start < 's3://b/'.length || path.charCodeAt(start - 1) !== 0x2f || !path.startsWith('s3://')) return false;
  for (let at = start; at < end; at++) {
    const code = path.charCodeAt(at);
    const isHex = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
    if (!isHex) return false;
  }
  return path.indexOf('/', 's3://'.length) < start;
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
    level.segment_manifest_s3_path !== undefined
  );
}
