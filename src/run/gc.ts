import { join, resolve, sep } from 'node:path';
import { ConfigError } from '../errors/index.js';
import type { RunEntry } from '../journal/entries.js';
import { readJournal } from '../journal/read.js';
import { openStore } from '../store/open.js';
import type { OpenStore } from '../store/open.js';
import { proveDeletions } from '../store/prove-conditions.js';
import { openSources, orderedSources } from '../sources/open.js';
import { parseIgnore } from '../sources/container-choice.js';
import { ALL_PLACES } from '../sources/own-files.js';
import { blobKeysOf } from './blob-keys.js';
import { collect } from './collect.js';
import type { BlobOutcome, Collection, CollectionPlan } from './collect.js';
import { DEFAULT_RETENTION, ttlOf } from './retention.js';
import type { Retention } from './retention.js';
import { realPath } from '../sources/walk.js';
import { processContext } from './context.js';
import type { RunPorts } from './context.js';
import { asStore, assertKnown, completeSources } from './request.js';
import type { InventorySelection, SourcesRequest, StoreRequest } from './request.js';

/** A collection as plain JSON. */
export interface CollectRequest extends SourcesRequest, InventorySelection {
  readonly store: StoreRequest;
  /** Deletes; without it everything is computed and nothing is deleted. */
  readonly apply?: boolean;
  /** Directories of the journals of all runs into this store: their `rollback` and `verify` stay possible. */
  readonly journals?: readonly string[];
  /** No journal of a run into this store matters, apart from those that are named. */
  readonly noJournal?: boolean;
  /** Milliseconds for which a blob is kept that nothing points to: the sum of the three. */
  readonly retention?: Partial<Retention>;
}

export interface CollectReport extends Collection {
  readonly applied: boolean;
  /** Milliseconds for which a blob is kept that nothing points to. */
  readonly ttl: number;
}

/** What a collection calls. */
export interface CollectPorts extends RunPorts<BlobOutcome> {
  /** Called once before anything is deleted. */
  readonly onPlan?: (plan: CollectionPlan) => void | Promise<void>;
}

/**
 * Deletes the blobs of a store that no document, journal or other blob names, and that are older than the retention.
 * Deletes nothing when anything was not looked at. Throws `ConfigError` for a request, a source or a store that cannot
 * be used, and `JOURNAL_NEEDED` when no journal of the store is named.
 *
 * @example
 * const sources = ['s3://paused/', 'sfn://…'];
 * const report = await collectGarbage({ store: 's3://bags', sources, journals: ['statebag-journal'], apply: true });
 * if (report.blind.length > 0) console.error('nothing was deleted, because not everything was read');
 */
export async function collectGarbage(request: CollectRequest, ports: CollectPorts = {}): Promise<CollectReport> {
  assertKnown(request, COLLECT_MEMBERS);
  const context = ports.context ?? processContext();
  const ttl = ttlOf({ ...DEFAULT_RETENTION, ...request.retention });
  const { layout, tables, concurrency } = completeSources(request);
  const settings = { ...asStore(request.store), layout };
  const store = await openStore(settings, context.cwd, proveDeletions);
  const journals = (request.journals ?? []).map((directory) => resolve(context.cwd, directory));
  if (request.noJournal !== true) await assertJournals(journals, store);
  const isIgnored = await parseIgnore(request.ignore ?? [], context.cwd);
  const sources = await openSources(request.sources, {
    io: context,
    isIgnored,
    s3: settings.s3,
    tables,
    ...ALL_PLACES,
    names: 'all',
  });
  const applied = request.apply ?? false;
  const collection = await collect({
    sources: orderedSources(sources),
    journals,
    isInStore: storeTest(store),
    objects: store.objects,
    bucket: store.blobs.bucket,
    prefix: store.blobs.prefix,
    keys: blobKeysOf(layout),
    ttl,
    concurrency,
    allowEmpty: request.allowEmpty ?? false,
    isIgnored,
    apply: applied,
    now: () => context.now().getTime(),
    ...(ports.stop && { stop: ports.stop }),
    ...(ports.onPlan && { onPlan: ports.onPlan }),
    ...(ports.onOutcome && { onBlob: ports.onOutcome }),
  });
  return { ...collection, applied, ttl };
}

/** Throws `ConfigError` `JOURNAL_NEEDED` unless one of the journals has a run into the store. */
async function assertJournals(directories: readonly string[], store: OpenStore): Promise<void> {
  const others: string[] = [];
  for (const directory of directories)
    // Damage is reported with the answer.
    for await (const { entry } of readJournal(directory, { onDamaged: () => undefined })) {
      if (entry.kind !== 'run') continue;
      if (isSameStore(entry, store)) return;
      others.push(`${directory} is of runs into ${entry.store}`);
    }
  const found = others.length === 0 ? '' : `, and ${[...new Set(others)].join('; ')}`;
  throw new ConfigError(
    'JOURNAL_NEEDED',
    `what a rollback needs is named by journals only, and no journal of this store is given${found}; name every journal of a run into this store with --journal, or add --no-journal when there is none`,
  );
}

/** Whether the id of a document is that of an object below the prefix of the store. */
function storeTest({ blobs: { bucket, prefix }, directory }: OpenStore): (id: string) => boolean {
  if (directory === undefined) return (id) => id.startsWith(`s3://${bucket}/${prefix}`);
  const root = realPath(join(directory, bucket, prefix));
  return (id) => realPath(id).startsWith(`${root}${sep}`);
}

function isSameStore({ store: spec, bucket, prefix }: RunEntry, { blobs, directory }: OpenStore): boolean {
  if (bucket !== blobs.bucket || prefix !== blobs.prefix) return false;
  return directory === undefined ? spec.startsWith('s3://') : realPath(spec) === realPath(directory);
}

const COLLECT_MEMBERS: Readonly<Record<keyof CollectRequest, true>> = {
  sources: true,
  tables: true,
  layout: true,
  concurrency: true,
  store: true,
  apply: true,
  journals: true,
  noJournal: true,
  retention: true,
  allowEmpty: true,
  ignore: true,
};
