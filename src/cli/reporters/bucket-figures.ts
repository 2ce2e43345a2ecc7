import type { UnprovenBucket } from '../../run/preflight.js';
import type { TableRow } from './format.js';

/** Buckets of which it is not known whether their server honours conditions, as `--json` has them. */
export function unprovenMembers(unproven: readonly UnprovenBucket[] | undefined) {
  return unproven !== undefined && unproven.length > 0 ? { unproven } : {};
}

export function unprovenRows(unproven: readonly UnprovenBucket[] = []): readonly TableRow[] {
  return unproven.map(({ bucket, code, reason }) => [
    'conditions not proven',
    `s3://${bucket}`,
    `the check of If-Match failed: ${code}, ${reason}`,
  ]);
}
