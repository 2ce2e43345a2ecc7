import { resolve } from 'node:path';
import { blobKeysOf } from '../batch/gc/blob-keys.js';
import { collect } from '../batch/gc/collect.js';
import type { BlobOutcome, Collection } from '../batch/gc/collect.js';
import { DEFAULT_RETENTION, parseDuration, ttlOf } from '../batch/gc/ttl.js';
import type { Retention } from '../batch/gc/ttl.js';
import type { CliIo } from './io.js';
import { openSources } from './open-source.js';
import { openStore } from './open-store.js';
import type { GcArguments } from './options/gc-options.js';
import { tableSettings } from './options/dynamodb-options.js';
import { layoutSettings } from './options/layout-settings.js';
import { concurrencySetting } from './options/run-options.js';
import { requireStore } from './options/store-options.js';
import { orderedSources } from './ordered-sources.js';
import { ALL_PLACES } from './own-places.js';

/** What a collection found, and what became of it. */
export interface Garbage {
  readonly collection: Collection;
  readonly blobs: readonly BlobOutcome[];
  /** Milliseconds. */
  readonly ttl: number;
  readonly isApplied: boolean;
}

export async function collectGarbage(
  { positionals, options: values }: GcArguments,
  stop: AbortSignal,
  io: CliIo,
): Promise<Garbage> {
  const ttl = ttlOf(retentionOf(values));
  const layout = layoutSettings(values);
  const settings = requireStore(values, layout);
  const store = await openStore(settings, io.cwd);
  const journals = values.journal.map((directory) => resolve(io.cwd, directory));
  const sources = await openSources(positionals, { io, s3: settings.s3, tables: tableSettings(values), ...ALL_PLACES });
  const blobs: BlobOutcome[] = [];
  const collection = await collect({
    sources: orderedSources(sources),
    journals,
    objects: store.objects,
    bucket: store.blobs.bucket,
    prefix: store.blobs.prefix,
    keys: blobKeysOf(layout),
    ttl,
    concurrency: concurrencySetting(values),
    allowEmpty: values['allow-empty'],
    apply: values.apply,
    now: () => io.now().getTime(),
    stop,
    onBlob: (blob) => void blobs.push(blob),
  });
  return { collection, blobs, ttl, isApplied: values.apply };
}

function retentionOf(values: GcArguments['options']): Retention {
  const time = (name: keyof Retention): number =>
    values[name] === undefined ? DEFAULT_RETENTION[name] : parseDuration(name, values[name]);
  return { execution: time('execution'), redrive: time('redrive'), audit: time('audit') };
}
