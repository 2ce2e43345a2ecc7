import { parseLayout } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { ConfigError } from '../errors/index.js';
import { findBlobDangers, isUnknown } from '../store/bucket-facts.js';
import type { BlobDanger, BucketFacts, Fact, LifecycleRule } from '../store/bucket-facts.js';
import { openStore } from '../store/open.js';
import type { OpenStore } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { blobKeysOf } from './blob-keys.js';
import { asStore, omitUndefined } from './request.js';
import type { StoreRequest } from './request.js';
import { DEFAULT_RETENTION, ttlOf } from './retention.js';

/** What is set for the bucket of a store. */
export interface StoreBucket extends BucketFacts {
  readonly name: string;
  /** Folders of blobs, with the prefix of the store. */
  readonly folders: readonly string[];
  /** Days for which a blob must stay after its last write. */
  readonly neededDays: number;
  /** Rules that take blobs away earlier. Empty also when the rules are not known. */
  readonly dangers: readonly BlobDanger[];
}

export interface StoreBucketRequest {
  readonly store: StoreRequest;
  readonly layout?: Partial<Layout>;
  /** Milliseconds for which a blob must stay after its last write. Default: the retention of `gc`. */
  readonly ttl?: number;
}

const DAY_MS = 86_400_000;

/**
 * Reads lifecycle rules, Object Lock, versioning and default encryption of the bucket of a store, and finds the rules
 * that would take blobs away while a paused execution may still ask for them. What cannot be read has the code and the
 * reason. `undefined` for a store in a directory.
 *
 * @example
 * const bucket = await readStoreBucket({ store: 's3://my-bucket/bags' });
 * for (const { rule, folders } of bucket?.dangers ?? []) console.error(rule.id, folders);
 */
export async function readStoreBucket(request: StoreBucketRequest): Promise<StoreBucket | undefined> {
  const layout = parseLayout(request.layout);
  const settings = { ...asStore(request.store), layout };
  return describeBucket(
    await openStore(settings, process.cwd()),
    layout,
    settings.s3,
    omitUndefined({ ttl: request.ttl }),
  );
}

/** The same for a store that is open. */
export async function describeBucket(
  { directory, blobs }: OpenStore,
  layout: Layout,
  s3: S3ObjectStoreOptions | undefined,
  { ttl = ttlOf(DEFAULT_RETENTION), signal }: { readonly ttl?: number; readonly signal?: AbortSignal } = {},
): Promise<StoreBucket | undefined> {
  if (directory !== undefined) return undefined;
  const { readBucketFacts } = await import('../store/s3-bucket.js');
  const { bucket: name, prefix } = blobs;
  const folders = blobKeysOf(layout).folders.map((folder) => prefix + folder);
  const neededDays = ttl / DAY_MS;
  const facts = await readBucketFacts(name, s3, signal);
  const dangers = isUnknown(facts.lifecycle) ? [] : findBlobDangers(facts.lifecycle.rules, folders, neededDays);
  return { name, folders, neededDays, ...facts, dangers };
}

/** Throws `ConfigError` `BLOBS_EXPIRE` when rules of the bucket take blobs away too early. */
export function refuseDangers(bucket: StoreBucket | undefined): void {
  const [danger] = bucket?.dangers ?? [];
  if (bucket === undefined || danger === undefined) return;
  throw new ConfigError(
    'BLOBS_EXPIRE',
    `s3://${bucket.name}: ${describeDanger(danger)}, and an execution that is paused longer cannot go on. Take the folders of blobs out of the rule, or add --allow-expiry if every execution ends earlier; nothing was written`,
    { context: { bucket: bucket.name, rule: danger.rule.id } },
  );
}

/** `lifecycle rule "tmp" deletes workflow-configs/ 30 days after the last write`. */
export function describeDanger({ rule, folders }: BlobDanger): string {
  return `lifecycle rule "${rule.id}" ${rule.effect} ${describePlaces(folders)} ${describeTime(rule)}${describeSize(rule)}`;
}

function describePlaces([first = '', ...others]: readonly string[]): string {
  const name = first === '' ? 'all objects' : first;
  return others.length === 0 ? name : `${name} and ${others.length} more folders of blobs`;
}

function describeTime({ days, date }: LifecycleRule): string {
  return days === undefined ? `from ${date ?? 'an unknown date'} on` : `${days} days after the last write`;
}

function describeSize({ sizeOver, sizeUnder }: LifecycleRule): string {
  if (sizeOver === undefined && sizeUnder === undefined) return '';
  const limits = [
    ...(sizeOver === undefined ? [] : [`more than ${sizeOver}`]),
    ...(sizeUnder === undefined ? [] : [`less than ${sizeUnder}`]),
  ];
  return ` (objects of ${limits.join(' and ')} bytes)`;
}

/** The facts that could not be read, by name. */
export function listUnknown({ lifecycle, objectLock, versioning, encryption }: StoreBucket) {
  const facts: Readonly<Record<string, Fact<object>>> = { lifecycle, objectLock, versioning, encryption };
  return Object.entries(facts).flatMap(([name, fact]) => (isUnknown(fact) ? [{ name, ...fact }] : []));
}
