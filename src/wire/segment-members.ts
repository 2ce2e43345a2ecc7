import { byteReader } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import { MANIFEST_PATH } from '../bag/members.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { isMissing } from '../bag/value-reader.js';
import type { TextEdit } from './text-edit.js';

/** What was put into an event for its runner, so that it can be taken out of the result again. */
export interface AddedMembers {
  readonly segmentIndex: number | undefined;
  readonly manifestPath: string | undefined;
  /** The root of the event as it came in. */
  readonly root: ByteValue;
  /** The innermost bag in it as it came in. */
  readonly bag: ByteValue;
}

/** Names of the members at the root of a runner's event. */
export const ADDED_NAMES = ['segment_config', 'segment_index', MANIFEST_PATH, 'manifest_s3_path'] as const;

/**
 * Puts the program of its segment at the root of an event, with its own bytes, and index and manifest beside it where
 * the event does not say them itself. `bag` is the innermost one; its manifest's path counts as the edit leaves it.
 */
export function addSegment(edit: TextEdit, root: ByteValue, bag: ByteValue, resolved: ResolvedSegment<ByteValue>): AddedMembers {
  const { segmentConfig, segmentIndex, source } = resolved;
  const path = edit.text(bag, MANIFEST_PATH);
  // A branch's program is not in the manifest of the workflow around it.
  const manifestPath = source === 'branch-map' || path === '' ? undefined : path;
  edit.putJson(root, 'segment_config', byteReader.bytes(segmentConfig));
  if (segmentIndex !== undefined) putIfEmpty(edit, root, 'segment_index', segmentIndex);
  if (manifestPath !== undefined) {
    putIfEmpty(edit, root, MANIFEST_PATH, manifestPath);
    putIfEmpty(edit, root, 'manifest_s3_path', manifestPath);
  }
  return { segmentIndex, manifestPath, root, bag };
}

function putIfEmpty(edit: TextEdit, root: ByteValue, name: string, value: string | number): void {
  if (isEmptyMember(root, name) && (edit.text(root, name) ?? '') === '') edit.put(root, { name, value });
}

/** Absent, null or `""`. */
export function isEmptyMember(level: ByteValue, name: string): boolean {
  const value = byteReader.member(level, name);
  return isMissing(byteReader, value) || byteReader.text(value) === '';
}
