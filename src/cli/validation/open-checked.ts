import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import type { layoutOptions, storeOptions } from '../options.js';
import { storeSettings } from '../options.js';
import type { OwnPlaces } from '../../sources/own-files.js';
import type { BlobReader } from '../../bag/places.js';

/** Where pointers lead, when a store was named, and what of the sources is the store's own. */
export interface CheckedStore {
  readonly blobs: BlobReader | undefined;
  readonly places: OwnPlaces;
}

/** Loads nothing of stores when none was named. */
export async function openChecked(
  values: OptionValues<typeof storeOptions & typeof layoutOptions>,
  { cwd }: CliIo,
): Promise<CheckedStore> {
  if (values.store === undefined) return { blobs: undefined, places: { excludedFor: () => [], isBlob: () => false } };
  const [{ openStore }, { ownPlaces }, { layoutSettings }] = await Promise.all([
    import('../../store/open.js'),
    import('../../sources/own-files.js'),
    import('../options.js'),
  ]);
  const layout = layoutSettings(values);
  const store = await openStore(storeSettings(values, values.store, layout), cwd);
  // Journals have a schema, too.
  return { blobs: store.blobs, places: { ...ownPlaces(store, layout, []), leavesOutRecords: false } };
}
