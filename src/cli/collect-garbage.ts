import { resolve } from 'node:path';
import { blobKeysOf, collect, DEFAULT_RETENTION, parseDuration, ttlOf } from '../run/gc.js';
import type { BlobOutcome, Collection, Retention } from '../run/gc.js';
import type { CliIo } from './io.js';
import { openSources, orderedSources } from '../sources/open.js';
import { openStore } from '../sources/open-store.js';
import type { GcArguments } from './options/gc-options.js';
import { tableSettings } from './options/dynamodb-options.js';
import { layoutSettings } from './options/layout-settings.js';
import { concurrencySetting } from './options/run-options.js';
import { requireStore } from './options/store-options.js';
import { ALL_PLACES } from '../sources/own-files.js';

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
