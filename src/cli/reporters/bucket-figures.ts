import type { UnprovenBucket } from '../../run/preflight.js';
import { describeDanger, listUnknown } from '../../run/store-bucket.js';
import type { StoreBucket } from '../../run/store-bucket.js';
import { isUnknown } from '../../store/bucket-facts.js';
import { formatCount } from './format.js';
import type { TableRow } from './format.js';

/** Buckets of which it is not known whether their server honours conditions. */
export function unprovenRows(unproven: readonly UnprovenBucket[]): readonly TableRow[] {
  return unproven.map(({ bucket, code, reason }) => [
    'conditions not proven',
    `s3://${bucket}`,
    `the check of If-Match failed: ${code}, ${reason}`,
  ]);
}

const LABELS: Readonly<Record<string, string>> = {
  lifecycle: 'lifecycle rules',
  objectLock: 'Object Lock',
  versioning: 'versioning',
  encryption: 'encryption',
};

/** What is set for the bucket, as far as it matters for blobs; first what takes blobs away. */
export function bucketRows(bucket: StoreBucket): readonly TableRow[] {
  const unknown = listUnknown(bucket).map(({ name, reason }): TableRow => [LABELS[name] ?? name, 'not known', reason]);
  return [
    ...bucket.dangers.map((danger): TableRow => ['blobs expire', danger.rule.id, describeDanger(danger)]),
    ...lifecycleRows(bucket),
    ...lockRows(bucket),
    ...versioningRows(bucket),
    ...encryptionRows(bucket),
    ...unknown,
  ];
}

function lifecycleRows({ lifecycle, dangers, neededDays }: StoreBucket): readonly TableRow[] {
  if (isUnknown(lifecycle) || dangers.length > 0 || lifecycle.rules.length === 0) return [];
  const tagged = lifecycle.rules.filter(({ tags }) => tags !== undefined).length;
  const remark = tagged > 0 ? `; ${formatCount(tagged)} for tagged objects, and blobs have no tags` : '';
  const days = `none takes blobs away before ${formatCount(Math.round(neededDays))} days`;
  return [['lifecycle rules', formatCount(lifecycle.rules.length), days + remark]];
}

function lockRows({ objectLock }: StoreBucket): readonly TableRow[] {
  if (isUnknown(objectLock) || !objectLock.enabled) return [];
  const { mode, days, years } = objectLock;
  if (mode === undefined) return [['Object Lock', 'enabled', 'without a default retention']];
  const time = years === undefined ? `${days ?? 0} days` : years === 1 ? '1 year' : `${years} years`;
  return [['Object Lock', mode, `versions of blobs cannot be deleted for ${time}; gc frees no space until then`]];
}

function versioningRows({ versioning }: StoreBucket): readonly TableRow[] {
  if (isUnknown(versioning) || versioning.status === 'off') return [];
  const rest = 'gc leaves the old versions of blobs; a rule for noncurrent versions removes them';
  return [['versioning', versioning.status, rest]];
}

function encryptionRows({ encryption }: StoreBucket): readonly TableRow[] {
  if (isUnknown(encryption) || !encryption.algorithm.startsWith('aws:kms')) return [];
  const key = encryption.kmsKeyId ?? 'the key of AWS for S3';
  return [['encryption', encryption.algorithm, `readers need kms:Decrypt, writers kms:GenerateDataKey, on ${key}`]];
}
