import type { BlobReader } from '../../bag/follow.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import { storeSettings } from '../options/store-options.js';
import type { storeOptions } from '../options/store-options.js';
import type { OwnPlaces } from '../own-places.js';

/** Where pointers lead, when a store was named, and what of the sources is the store's own. */
export interface CheckedStore {
  readonly blobs: BlobReader | undefined;
  readonly places: OwnPlaces;
}

/** Loads nothing of stores when none was named. */
export async function openChecked(values: OptionValues<typeof storeOptions>, { cwd }: CliIo): Promise<CheckedStore> {
  if (values.store === undefined) return { blobs: undefined, places: { excludedFor: () => [], isBlob: () => false } };
  const [{ openStore }, { ownPlaces }, { DEFAULT_LAYOUT }] = await Promise.all([import('../open-store.js'), import('../own-places.js'), import('../../bag/layout.js')]);
  const store = await openStore(storeSettings(values, values.store), cwd);
  return { blobs: store.blobs, places: ownPlaces(store, DEFAULT_LAYOUT, []) };
}
