import type { Layout } from '../bag/keys.js';
import type { RunEntry } from '../journal/entries.js';
import type { StoreSettings } from '../sources/open-store.js';
import type { TableSettings } from '../sources/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';

/** How to reach what a journal names, where it is not what the run wrote down. */
export interface ReachRequest extends Partial<Omit<StoreSettings, 'layout'>> {
  readonly tables?: TableSettings;
}

/** What `migrate` writes into the `options` of a run to reach the same places again. */
interface KeptReach {
  readonly s3?: S3ObjectStoreOptions;
  readonly tables?: TableSettings;
  readonly allowBuckets?: readonly string[];
  readonly allowPrefixes?: readonly string[];
  readonly layout?: Layout;
}

/** The store that a run wrote to; members of `given` come before what the journal has. */
export function reachStore(given: ReachRequest, run: RunEntry): StoreSettings {
  const kept = run.options as KeptReach;
  const spec = given.spec ?? run.store;
  const bucket = given.bucket ?? (spec.startsWith('s3://') ? undefined : run.bucket);
  return {
    spec,
    bucket,
    allowBuckets: [...(kept.allowBuckets ?? []), ...(given.allowBuckets ?? [])],
    allowPrefixes: [...(kept.allowPrefixes ?? []), ...(given.allowPrefixes ?? [])],
    s3: { ...kept.s3, ...given.s3 },
    layout: kept.layout ?? {},
  };
}

/** The tables that a run wrote to; members of `given` come before what the journal has. */
export function reachTables(given: ReachRequest, run: RunEntry): TableSettings {
  const kept = run.options as KeptReach;
  return { ...kept.tables, ...given.tables };
}
