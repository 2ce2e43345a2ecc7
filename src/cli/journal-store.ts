import type { JournalSummary } from '../journal/read.js';
import type { RunEntry } from '../journal/entries.js';
import type { Layout } from '../bag/keys.js';
import { ConfigError } from '../errors/index.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { tableSettings } from './options/dynamodb-options.js';
import type { dynamodbOptions } from './options/dynamodb-options.js';
import { s3Settings } from './options/s3-options.js';
import type { storeOptions } from './options/store-options.js';
import type { OptionValues } from './command.js';
import type { StoreSettings } from '../sources/open-store.js';
import type { TableSettings } from '../sources/open.js';

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
