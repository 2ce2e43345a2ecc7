import type { BlobReader } from '../../src/bag/follow.js';
import { createBlobStore } from '../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';

/** A real blob store in memory, with a record of what was asked of it. */
export interface RecordingBlobs extends BlobReader {
  /** `bucket/key` of every read, the refused ones included. */
  readonly reads: readonly string[];
  put(blob: {
    readonly storeKey: string;
    readonly bytes: Uint8Array;
    readonly sha256: string;
    readonly addressed: boolean;
  }): Promise<unknown>;
}

export interface RecordingOptions {
  readonly bucket?: string;
  readonly allowBuckets?: readonly string[];
}

/** `objects` by `bucket/key`: text as it is, anything else as JSON. */
export async function recordingBlobs(
  objects: Readonly<Record<string, unknown>> = {},
  { bucket = 'local', allowBuckets = [] }: RecordingOptions = {},
): Promise<RecordingBlobs> {
  const store = memoryObjectStore();
  for (const [address, content] of Object.entries(objects)) {
    const slash = address.indexOf('/');
    await store.put({ bucket: address.slice(0, slash), key: address.slice(slash + 1) }, bytesOf(content));
  }
  const blobs = createBlobStore({ objects: store, bucket, allowBuckets });
  const reads: string[] = [];
  return {
    bucket,
    reads,
    get: (address, options) => {
      reads.push(`${address.bucket}/${address.key}`);
      return blobs.get(address, options);
    },
    put: ({ storeKey, ...blob }) => blobs.put({ key: storeKey, ...blob }),
  };
}

function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}
