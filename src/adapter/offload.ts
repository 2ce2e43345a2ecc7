import type { PendingBlob } from '../bag/addressing.js';
import type { Blob, BlobStore } from '../store/blob-store.js';
import { publish } from './diagnostics.js';
import type { Work } from './engine.js';

/**
 * Writes blobs, each once, or finds them there. Resolves when all are stored: only then may a bag point to them.
 * Rejects as the store does.
 */
export async function offload(blobs: readonly PendingBlob[], work: Work): Promise<void> {
  const signal = work.deadline.signal();
  const store = await work.engine.store.open(signal);
  const outcomes = await Promise.all(blobs.map((blob) => putBlob(store, blob, signal)));
  publish('offload', () => ({
    ...work.ids,
    mode: work.mode,
    side: work.side,
    blobs: blobs.map(({ kind, uri, size }, at) => ({ kind, uri, bytes: size, outcome: outcomes[at]! })),
  }));
}

function putBlob(store: BlobStore, planned: PendingBlob, signal?: AbortSignal): Promise<'written' | 'reused'> {
  const { storeKey: key, bytes, sha256, contentType, metadata, addressed } = planned;
  const blob: Blob = { key, bytes, sha256, contentType, metadata, addressed };
  return store.put(blob, signal);
}
