import { join, sep } from 'node:path';
import { isTemporaryName } from '../locks/own-names.js';
import { assertAddress, keyInvalid } from './address.js';
import type { ObjectAddress } from './object-store.js';

/** Longest file name of ext4, XFS, APFS and NTFS. */
const MAX_SEGMENT_BYTES = 255;
/** Names of release 0.1.0. */
const OLD_OWN_NAME = /^\.([0-9a-f-]{36}\.statebag-tmp|[0-9a-f]{64}\.statebag-lock)$/;

/**
 * `<root>/<bucket>/<key>`, or `KEY_INVALID`. Every segment of the key becomes one directory entry below the bucket,
 * and none is empty, `.` or `..`: no key can name a place outside. Links that an operator made inside the root
 * are followed on purpose (a bucket on another disk); the driver itself never makes any.
 */
export function objectPath(root: string, address: ObjectAddress): string {
  assertAddress(address);
  const segments = [address.bucket, ...address.key.split('/')];
  for (const segment of segments) {
    const flaw = flawOfSegment(segment);
    if (flaw !== undefined) throw keyInvalid(address, flaw);
  }
  return join(root, ...segments);
}

function flawOfSegment(segment: string): string | undefined {
  if (segment === '') return 'a file cannot have an empty name (the key begins or ends with / or holds //)';
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `a segment is longer than ${MAX_SEGMENT_BYTES} bytes`;
  if (segment.includes(sep)) return `a segment holds ${sep}, which separates directories here`;
  return isOwnName(segment) ? 'the name is reserved for unfinished files and locks' : undefined;
}

/** True for unfinished files and locks, which no object can have as a name and `list` passes over. */
export function isOwnName(name: string): boolean {
  return isTemporaryName(name) || OLD_OWN_NAME.test(name);
}
