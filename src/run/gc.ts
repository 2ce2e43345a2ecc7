import { resolve } from 'node:path';
import { openStore } from '../store/open.js';
import { proveDeletions } from '../store/prove-conditions.js';
import { openSources, orderedSources } from '../sources/open.js';
import { ALL_PLACES } from '../sources/own-files.js';
import { blobKeysOf, collect, DEFAULT_RETENTION, ttlOf } from './collect.js';
import type { BlobOutcome, Collection, Retention } from './collect.js';
import { processContext } from './context.js';
import type { RunPorts } from './context.js';
import { asStore, assertKnown, completeSources } from './request.js';
import type { SourcesRequest, StoreRequest } from './request.js';

/** A collection as plain JSON. */
export interface CollectRequest extends SourcesRequest {
  readonly store: StoreRequest;
  /** Deletes; without it everything is computed and nothing is deleted. */
  readonly apply?: boolean;
  /** Directories of journals whose `rollback` and `verify` must stay possible. */
  readonly journals?: readonly string[];
  /** Milliseconds for which a blob is kept that nothing points to: the sum of the three. */
  readonly retention?: Partial<Retention>;
  /** A source, file or object without documents is not a mistake. */
  readonly allowEmpty?: boolean;
}

export interface CollectReport extends Collection {
  readonly applied: boolean;
  /** Milliseconds for which a blob is kept that nothing points to. */
  readonly ttl: number;
}

/**
 * Deletes the blobs of a store that no document, journal or other blob names, and that are older than the retention.
 * Deletes nothing when anything was not looked at. Throws `ConfigError` for a request, a source or a store that cannot
 * be used.
 *
 * @example
 * const report = await collectGarbage({ store: 's3://bags', sources: ['s3://paused/', 'sfn://…'], apply: true });
 * if (report.blind.length > 0) console.error('nothing was deleted, because not everything was read');
 */
export async function collectGarbage(
  request: CollectRequest,
  ports: RunPorts<BlobOutcome> = {},
): Promise<CollectReport> {
  assertKnown(request, COLLECT_MEMBERS);
  const context = ports.context ?? processContext();
  const ttl = ttlOf({ ...DEFAULT_RETENTION, ...request.retention });
  const { layout, tables, concurrency } = completeSources(request);
  const settings = { ...asStore(request.store), layout };
  const store = await openStore(settings, context.cwd, proveDeletions);
  const sources = await openSources(request.sources, { io: context, s3: settings.s3, tables, ...ALL_PLACES });
  const applied = request.apply ?? false;
  const collection = await collect({
    sources: orderedSources(sources),
    journals: (request.journals ?? []).map((directory) => resolve(context.cwd, directory)),
    objects: store.objects,
    bucket: store.blobs.bucket,
    prefix: store.blobs.prefix,
    keys: blobKeysOf(layout),
    ttl,
    concurrency,
    allowEmpty: request.allowEmpty ?? false,
    apply: applied,
    now: () => context.now().getTime(),
    ...(ports.stop && { stop: ports.stop }),
    ...(ports.onOutcome && { onBlob: ports.onOutcome }),
  });
  return { ...collection, applied, ttl };
}

const COLLECT_MEMBERS: Readonly<Record<keyof CollectRequest, true>> = {
  sources: true,
  tables: true,
  layout: true,
  concurrency: true,
  store: true,
  apply: true,
  journals: true,
  retention: true,
  allowEmpty: true,
};
