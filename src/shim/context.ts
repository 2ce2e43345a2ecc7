import type { BlobAddressing, PendingBlob } from '../bag/keys.js';
import { BagDocument } from '../bag/bag.js';
import type { Value } from '../bag/value.js';
import { BagError, ConflictError, PointerError, StoreError } from '../errors/index.js';
import type { StateBagError } from '../errors/index.js';
import { sha256Hex } from '../store/address.js';
import { joined } from '../store/blob-store.js';
import { BlobCache, StoreHandle, asStoreError } from './caches.js';
import { CircuitBreaker } from './deadline.js';
import { publish } from './diagnostics.js';
import type { Form, InvocationContext, ShimState } from './form.js';
import type { Settings } from './settings.js';
import { POINTER_MARKER, detectPointers } from '../bag/search.js';
import type { PlacedPointer } from '../bag/search.js';
import { addressRule } from '../bag/sources.js';

/** `makeForm` gets the cache of blobs, and its half of the memory in bytes. */
export function createState<V extends Value, F extends Form<V>>(
  settings: Settings,
  makeForm: (blobs: BlobCache, cacheBytes: number) => F,
  envelopes?: readonly string[],
): ShimState<V> & { readonly form: F } {
  const half = Math.floor(settings.cacheBytes / 2);
  const store = new StoreHandle(settings.store);
  const blobs = new BlobCache(store, half, settings.layout);
  const addresses = addressRule(blobs);
  return {
    settings,
    store,
    blobs,
    addresses,
    envelopes: new Envelopes(envelopes),
    form: makeForm(blobs, half),
    breaker: new CircuitBreaker(),
  };
}

/** Reads a document as the settings of the shim say. */
export function readDocument<V extends Value>(root: V, state: ShimState<V>): BagDocument<V> {
  return state.envelopes.limit(readWhole(root, state));
}

/** Reads a document, its bags wherever they are. */
export function readWhole<V extends Value>(root: V, { addresses }: ShimState<V>): BagDocument<V> {
  return new BagDocument(root, true, addresses);
}

/** The document itself when it has this root, else the changed one, read. */
export function reread<V extends Value>(document: BagDocument<V>, root: V, state: ShimState<V>): BagDocument<V> {
  return document.root === root ? document : readWhole(root, state);
}

/** Names the addresses of blobs in the shim's store. Rejects when the store cannot be opened. */
export async function openAddressing<V extends Value>({
  state: { settings, store },
  deadline,
}: InvocationContext<V>): Promise<BlobAddressing> {
  const { bucket, prefix } = await store.open(deadline.signal());
  return { layout: settings.layout, bucket, prefix, digest: sha256Hex };
}

/** The signal as an option that may be left out. */
export function signalOption<V extends Value>({ deadline }: InvocationContext<V>): { readonly signal?: AbortSignal } {
  const signal = deadline.signal();
  return signal === undefined ? {} : { signal };
}

/**
 * Writes blobs, each once, or finds them there. Resolves when all are stored: only then may a bag point to them.
 * Rejects as the store does.
 */
export async function storeBlobs<V extends Value>(
  blobs: readonly PendingBlob[],
  { state, ids, mode, side, deadline }: InvocationContext<V>,
): Promise<void> {
  if (blobs.length === 0) return;
  const signal = deadline.signal();
  const store = await state.store.open(signal);
  const puts = blobs.map(({ storeKey: key, bytes, sha256, contentType, metadata, addressed }) =>
    store.put({ key, bytes, sha256, contentType, metadata, addressed }, signal),
  );
  // A store of the program's own need not listen to the signal.
  const outcomes = await joined(Promise.all(puts), signal).catch(asStoreError);
  state.breaker.reset();
  publish('offload', () => ({
    ...ids,
    mode,
    side,
    blobs: blobs.map(({ kind, uri, size }, at) => ({ kind, uri, bytes: size, outcome: outcomes[at]! })),
  }));
}

/** The outcome of work that an execution can do without, or why it was left undone. */
export type Attempt<T> =
  { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: StateBagError };

/** A store that had less time, because the invocation was nearly over, may work. In milliseconds. */
const LEAST_WAIT_MS = 250;

/**
 * Runs what an execution can do without, within the time for such work, unless it is `needed` to make a result fit.
 * Rejects only with errors that must stop it.
 */
export async function attempt<T, V extends Value>(
  context: InvocationContext<V>,
  task: (context: InvocationContext<V>) => Promise<T>,
  isNeeded = false,
): Promise<Attempt<T>> {
  const { deadline, optional } = context;
  const start = performance.now();
  try {
    return { value: await task({ ...context, deadline: isNeeded ? deadline : optional }) };
  } catch (error) {
    if (!mayFailOpen(error)) throw error;
    if (!isNeeded) skipAfterWait(start, context);
    publishFailOpen(error, context);
    return { error };
  }
}

/** Skips optional work for a while when that which began at `start` used up its time. */
export function skipAfterWait<V extends Value>(start: number, { state, optional }: InvocationContext<V>): void {
  const hasWaited = performance.now() - start >= LEAST_WAIT_MS;
  if (hasWaited && !state.breaker.isOpen && optional.signal()?.aborted === true) state.breaker.trip();
}

/** Says why optional work was left undone. */
export function publishFailOpen<V extends Value>(
  { code, message }: StateBagError,
  { ids, mode, side }: InvocationContext<V>,
): void {
  publish('fail-open', () => ({ ...ids, mode, side, code, reason: message }));
}

/**
 * Whether a bag that could not be brought into the new form may go on in its old one: the store does not answer or
 * refuses, or the bag itself cannot be rewritten. Bytes that do not match their digest, and a pointer to a pointer,
 * stop the execution. A pointer that is refused was not followed: if the bag has its program elsewhere, the execution
 * continues, and else the error comes again when the program is looked for.
 */
function mayFailOpen(error: unknown): error is StateBagError {
  if (error instanceof PointerError) return error.code !== 'POINTER_CHAIN';
  return error instanceof StoreError || error instanceof ConflictError || error instanceof BagError;
}

/** The envelope of a document that is its own bag. */
const ROOT = '.';

/** Which places of a bag are looked at. */
class Envelopes {
  readonly #allowed: ReadonlySet<string> | undefined;

  constructor(allowed: readonly string[] | undefined) {
    this.#allowed = allowed && new Set(allowed);
  }

  /** The document itself, or one without a bag when its bag is at a path that is not searched. */
  limit<V extends Value>(bagDocument: BagDocument<V>): BagDocument<V> {
    if (this.#allowed === undefined) return bagDocument;
    const [bag] = bagDocument.bags;
    if (bag === undefined || this.#allowed.has(bag.path.length === 0 ? ROOT : bag.path.join('.'))) return bagDocument;
    return new BagDocument(bagDocument.root, false);
  }
}

/** Makes a change that a value in a JSON string which cannot be written again does without. */
export function changeIfWritable(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
  }
}

/** Marked pointers anywhere in a document. */
export function listPointers<V extends Value>(root: V, form: Form<V>): Iterable<PlacedPointer<V>> {
  return detectPointers(form.search(root, POINTER_MARKER));
}
