import type { JournalSummary } from '../batch/journal-read.js';
import type { RunEntry } from '../batch/journal-entry.js';
import type { Layout } from '../bag/keys.js';
import { ConfigError } from '../errors/index.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { tableSettings } from './options/dynamodb-options.js';
import type { dynamodbOptions, TableSettings } from './options/dynamodb-options.js';
import { s3Settings } from './options/s3-options.js';
import type { storeOptions } from './options/store-options.js';
import type { OptionValues } from './command.js';
import type { StoreSettings } from './open-store.js';

/** The last run of a journal: it says how to open the store. Throws `ConfigError` `JOURNAL_EMPTY`. */
export function lastRun(directory: string, { runs }: JournalSummary): RunEntry {
  const run = runs.at(-1);
  if (run) return run;
  throw new ConfigError('JOURNAL_EMPTY', `the journal at ${directory} has no run in it`);
}

/** The store a journal was written with; options given now come first. */
export function journalStore(values: OptionValues<typeof storeOptions>, run: RunEntry): StoreSettings {
  const kept = run.options as {
    readonly s3?: S3ObjectStoreOptions;
    readonly allowBuckets?: readonly string[];
    readonly allowPrefixes?: readonly string[];
    readonly layout?: Layout;
  };
  const spec = values.store ?? run.store;
  const bucket = values.bucket ?? (spec.startsWith('s3://') ? undefined : run.bucket);
  return {
    spec,
    bucket,
    allowBuckets: [...(kept.allowBuckets ?? []), ...values['allow-bucket']],
    allowPrefixes: [...(kept.allowPrefixes ?? []), ...values['allow-prefix']],
    s3: { ...kept.s3, ...s3Settings(values) },
    layout: kept.layout ?? {},
  };
}

/** How the tables of a journal are reached; options given now come first. */
export function journalTables(
  values: OptionValues<typeof dynamodbOptions> & { readonly region?: string | undefined },
  run: RunEntry,
): TableSettings {
  const kept = run.options as { readonly tables?: TableSettings };
  return { ...kept.tables, ...tableSettings(values) };
}
