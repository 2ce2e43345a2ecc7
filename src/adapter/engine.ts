import type { BlobAddressing } from '../bag/addressing.js';
import type { OutsideNames } from '../bag/envelope.js';
import { addressRule } from '../bag/follow.js';
import type { AddressRule } from '../bag/places.js';
import { sha256Hex } from '../store/digest.js';
import { BlobCache } from './blob-cache.js';
import type { Deadline } from './deadline.js';
import type { Side } from './diagnostics.js';
import type { BagIds, Mode } from './options.js';
import { ProgramCache } from './program-cache.js';
import type { Settings } from './settings.js';
import { StoreHandle } from './store-handle.js';

/** What a shim keeps between invocations. */
export interface Engine {
  readonly settings: Settings;
  readonly store: StoreHandle;
  readonly blobs: BlobCache;
  /** Which keys are content addresses, by the layout: the store need not be open to know. */
  readonly addresses: AddressRule;
  readonly programs: ProgramCache;
}

export function createEngine(settings: Settings): Engine {
  const store = new StoreHandle(settings.store);
  const half = Math.floor(settings.cacheBytes / 2);
  const blobs = new BlobCache(store, half, settings.layout);
  return {
    settings,
    store,
    blobs,
    addresses: addressRule(blobs),
    programs: new ProgramCache(half),
  };
}

/** One event or one result under way. */
export interface Work {
  readonly engine: Engine;
  readonly ids: BagIds;
  readonly mode: Mode;
  readonly side: Side;
  readonly deadline: Deadline;
  /** Who the owner is, as far as the caller says. Throws what the option `expectedOwner` throws. */
  outside(): readonly OutsideNames[];
}

/** Names the addresses of blobs in the shim's store. Rejects when the store cannot be opened. */
export async function openAddressing({ engine: { settings, store }, deadline }: Work): Promise<BlobAddressing> {
  const { bucket, prefix } = await store.open(deadline.signal());
  return { layout: settings.layout, bucket, prefix, digest: sha256Hex };
}

/** The signal as an option that may be left out. */
export function signalOf({ deadline }: Work): { readonly signal?: AbortSignal } {
  const signal = deadline.signal();
  return signal === undefined ? {} : { signal };
}
