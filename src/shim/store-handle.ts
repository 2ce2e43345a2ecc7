import type { KeyTemplates } from '../content-address.js';
import { ConfigError, StateBagError, StoreError, messageOf } from '../errors.js';
import { joined } from '../store/single-flight.js';
import type { BlobStore } from '../store/blob-store.js';

/** A store, or how to get one when it is first needed, so that nothing heavy loads at a cold start. */
export type StoreSource = BlobStore | (() => BlobStore | Promise<BlobStore>);

/** Opens the store once, at the first need. A failure is not kept: the next call tries again. */
export class StoreHandle {
  readonly #source: StoreSource;
  #opened: Promise<BlobStore> | undefined;

  constructor(source: StoreSource) {
    this.#source = source;
  }

  /** Key templates of a store that is given open. Those of one that is opened later are not known yet. */
  get layout(): KeyTemplates | undefined {
    return typeof this.#source === 'function' ? undefined : this.#source.layout;
  }

  /**
   * Rejects with `StoreError` `STORE_OPEN_FAILED` when the source does not give one; with the signal's reason when it
   * aborts.
   */
  async open(signal?: AbortSignal): Promise<BlobStore> {
    signal?.throwIfAborted();
    this.#opened ??= openSource(this.#source).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return joined(this.#opened, signal);
  }
}

async function openSource(source: StoreSource): Promise<BlobStore> {
  if (typeof source !== 'function') return source;
  let opened: unknown;
  try {
    opened = await source();
  } catch (cause) {
    if (cause instanceof StateBagError) throw cause;
    throw new StoreError('STORE_OPEN_FAILED', `the blob store cannot be opened: ${messageOf(cause)}`, {
      cause,
      retryable: true,
    });
  }
  if (isBlobStore(opened)) return opened;
  throw new ConfigError(
    'OPTION_INVALID',
    'the function in the option "store" gave no blob store: it has no bucket, get and put; make one with blobStore or s3BlobStore',
  );
}

/** True for what has the members of a blob store that the shim uses. */
export function isBlobStore(value: unknown): value is BlobStore {
  const { bucket, get, put } = (value ?? {}) as Partial<Record<keyof BlobStore, unknown>>;
  return typeof bucket === 'string' && typeof get === 'function' && typeof put === 'function';
}

/** Throws an error of a store: as it is when it is one of this package's, else as a retryable `StoreError`. */
export function asStoreError(cause: unknown): never {
  if (cause instanceof StateBagError) throw cause;
  throw new StoreError('STORE_FAILED', `the blob store failed: ${messageOf(cause)}`, { cause, retryable: true });
}
