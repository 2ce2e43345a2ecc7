import pMap from 'p-map';
import { StateBagError } from '../../errors/index.js';
import type { ObjectStore, ObjectSummary } from '../../store/index.js';
import { failureOf } from '../outcome.js';
import type { Blind } from '../survey.js';
import type { BlobKeys } from './blob-keys.js';
import { mark } from './mark.js';
import type { Mark, MarkOptions } from './mark.js';

export interface CollectOptions extends MarkOptions {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Empty, or ending with `/`. */
  readonly prefix: string;
  readonly keys: BlobKeys;
  /** Milliseconds that nobody may have written or reused a blob. */
  readonly ttl: number;
  /** Deletes; without it everything is computed and nothing is touched. */
  readonly apply: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onBlob?: (outcome: BlobOutcome) => void | Promise<void>;
}

/** A blob that nothing points to, old enough to go. `kept`: somebody wrote it anew since it was listed. */
export interface BlobOutcome {
  readonly key: string;
  readonly bytes: number;
  readonly lastModified: Date;
  readonly outcome: 'garbage' | 'deleted' | 'kept' | 'failed';
  readonly code?: string;
  readonly reason?: string;
}

export interface Collection {
  /** Documents read. */
  readonly documents: number;
  /** Content-addressed blobs in the store. */
  readonly blobs: number;
  readonly live: number;
  /** Named by nothing, but written or reused too lately. */
  readonly young: number;
  readonly garbage: number;
  readonly deleted: number;
  readonly kept: number;
  readonly failed: number;
  readonly bytes: number;
  /** Bytes of what was, or without `apply` would be, deleted. */
  readonly bytesFreed: number;
  /** What was not looked at. Nothing is swept unless it is empty. */
  readonly blind: readonly Blind[];
}

/**
 * Mark and sweep. The mark comes first and the listing behind it; a blob goes when nothing names it, and when it was
 * last written longer ago than the TTL before the mark began. Whoever reuses an old blob writes it anew, so nothing
 * that was written or reused since the mark began is ever deleted. Before anything is, the sources are read once more:
 * a bag that moved from a place not yet read to one already read is met there.
 */
export async function collect(options: CollectOptions): Promise<Collection> {
  const cutoff = new Date(options.now() - options.ttl);
  const old = (blob: ListedBlob): boolean => blob.lastModified.getTime() < cutoff.getTime();
  const marked = await mark(options);
  const found = await listBlobs(options);
  const isGarbage = (blob: ListedBlob): boolean => !marked.live.has(blob.digest) && old(blob);
  const follow = async (blind: readonly Blind[]) =>
    blind.length > 0 ? blind : followBlobs(found, marked, old, options);
  let blind = await follow(marked.blind);
  if (options.apply && blind.length === 0 && found.some(isGarbage))
    blind = await follow((await mark(options, marked.live)).blind);
  const dead = found.filter((blob) => !marked.live.has(blob.digest));
  const garbage = blind.length === 0 ? dead.filter(isGarbage) : [];
  const outcomes = await pMap(garbage, (blob) => sweepOne(blob, cutoff, options), { concurrency: options.concurrency });
  const count = (outcome: BlobOutcome['outcome']): number => outcomes.filter((blob) => blob.outcome === outcome).length;
  return {
    documents: marked.documents,
    blobs: found.length,
    live: found.length - dead.length,
    young: dead.length - dead.filter(old).length,
    garbage: garbage.length,
    deleted: count('deleted'),
    kept: count('kept'),
    failed: count('failed'),
    bytes: sizeOf(found.map(({ size }) => size)),
    bytesFreed: sizeOf(
      outcomes.filter(({ outcome }) => outcome === 'garbage' || outcome === 'deleted').map(({ bytes }) => bytes),
    ),
    blind,
  };
}

interface ListedBlob extends ObjectSummary {
  readonly digest: string;
}

async function listBlobs({ objects, bucket, prefix, keys, stop }: CollectOptions): Promise<readonly ListedBlob[]> {
  const found: ListedBlob[] = [];
  for (const folder of keys.folders) {
    for await (const summary of objects.list(bucket, prefix + folder, stop)) {
      const digest = keys.digestOf(summary.key.slice(prefix.length));
      if (digest !== undefined) found.push({ ...summary, digest });
    }
  }
  return found;
}

/**
 * A blob that is alive may name others: an offloaded member can hold a bag. Adds what live blobs name until nothing
 * new turns up; reads nothing when there is no garbage anyway. Resolves to what could not be read.
 */
async function followBlobs(
  found: readonly ListedBlob[],
  { live }: Mark,
  isOld: (blob: ListedBlob) => boolean,
  options: CollectOptions,
): Promise<readonly Blind[]> {
  const { objects, concurrency, stop } = options;
  const blind: Blind[] = [];
  const followed = new Set<string>();
  const read = async ({ bucket, key }: ListedBlob): Promise<void> => {
    try {
      live.addText((await objects.get({ bucket, key }, stop ? { signal: stop } : {})).bytes);
    } catch (error) {
      const { code, reason } = failureOf(error);
      if (code !== 'OBJECT_NOT_FOUND') blind.push({ kind: 'unreadable', id: key, code, reason });
    }
  };
  for (;;) {
    const isInDoubt = found.some((blob) => !live.has(blob.digest) && isOld(blob));
    const next = found.filter(({ key, digest }) => live.has(digest) && !followed.has(key));
    if (!isInDoubt || next.length === 0 || blind.length > 0) return blind;
    for (const { key } of next) followed.add(key);
    await pMap(next, read, { concurrency });
  }
}

async function sweepOne(blob: ListedBlob, cutoff: Date, options: CollectOptions): Promise<BlobOutcome> {
  const { key, size: bytes, lastModified } = blob;
  const outcome: BlobOutcome = {
    key,
    bytes,
    lastModified,
    ...(options.apply ? await deleteOne(blob, cutoff, options) : { outcome: 'garbage' }),
  };
  await options.onBlob?.(outcome);
  return outcome;
}

async function deleteOne(
  { bucket, key, version }: ListedBlob,
  cutoff: Date,
  { objects, stop }: CollectOptions,
): Promise<Pick<BlobOutcome, 'outcome' | 'code' | 'reason'>> {
  if (stop?.aborted) return { outcome: 'garbage', code: 'RUN_STOPPED', reason: 'the run was stopped before this blob' };
  try {
    await objects.delete({ bucket, key }, { ifMatch: version, unmodifiedSince: cutoff });
    return { outcome: 'deleted' };
  } catch (error) {
    if (error instanceof StateBagError && error.code === 'PRECONDITION_FAILED') {
      return { outcome: 'kept', code: 'BLOB_RENEWED', reason: 'somebody wrote it anew since it was listed' };
    }
    return { ...failureOf(error), outcome: 'failed' };
  }
}

function sizeOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
