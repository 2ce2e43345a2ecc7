import { createBlobStore } from './blob-store.js';
import type { BlobStore, BlobStoreOptions } from './blob-store.js';
import { verifiedSha256, assertAddress, compareKeys } from './address.js';
import type {
  DeleteRequest,
  GetRequest,
  ObjectAddress,
  ObjectAttributes,
  ObjectStore,
  ObjectSummary,
  PutCondition,
  PutRequest,
  StoredObject,
} from './object-store.js';
import { objectNotFound, objectTooLarge, preconditionFailed } from './store-errors.js';
import { isWrittenSince } from './written-since.js';

interface Kept {
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly attributes: ObjectAttributes;
  readonly lastModified: Date;
}

export interface MemoryObjectStoreOptions {
  /** Milliseconds since 1970, for `lastModified`. */
  readonly now?: () => number;
}

/** Objects in this process, gone with it. The version of an object is the quoted SHA-256 of its bytes. */
export function memoryObjectStore(options: MemoryObjectStoreOptions = {}): ObjectStore {
  return new MemoryStore(options.now ?? Date.now);
}

/** A claim-check store on `memoryObjectStore`. */
export function memoryBlobStore(options: Omit<BlobStoreOptions, 'objects'> & MemoryObjectStoreOptions): BlobStore {
  return createBlobStore({ ...options, objects: memoryObjectStore(options) });
}

class MemoryStore implements ObjectStore {
  readonly description = 'memory:';
  readonly keepsAttributes = true;
  readonly #buckets = new Map<string, Map<string, Kept>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(address: ObjectAddress, request: GetRequest = {}): Promise<StoredObject> {
    return settle(() => {
      const kept = this.#find(address, request.signal);
      if (kept === undefined) throw objectNotFound(address);
      const { maxBytes } = request;
      if (maxBytes !== undefined && kept.bytes.length > maxBytes)
        throw objectTooLarge(address, maxBytes, kept.bytes.length);
      const { tags, ...attributes } = structuredClone(kept.attributes);
      const withTags = request.withTags === true && tags !== undefined;
      const { version, lastModified } = kept;
      return {
        bytes: new Uint8Array(kept.bytes),
        version,
        lastModified,
        attributes: withTags ? { ...attributes, tags } : attributes,
      };
    });
  }

  put(address: ObjectAddress, bytes: Uint8Array, request: PutRequest = {}): Promise<string> {
    return settle(() => {
      const sha256 = verifiedSha256(address, bytes, request.sha256);
      const kept = this.#find(address, request.signal);
      if (!holds(request, kept)) throw preconditionFailed(address, request);
      const version = `"${sha256}"`;
      const attributes = structuredClone(request.attributes ?? {});
      this.#bucket(address.bucket).set(address.key, {
        bytes: new Uint8Array(bytes),
        version,
        attributes,
        lastModified: new Date(this.#now()),
      });
      return version;
    });
  }

  async *list(bucket: string, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectSummary> {
    const entries = [...(this.#buckets.get(bucket) ?? [])].filter(([key]) => key.startsWith(prefix));
    for (const [key, kept] of entries.sort(([left], [right]) => compareKeys(left, right))) {
      signal?.throwIfAborted();
      yield await Promise.resolve({
        bucket,
        key,
        size: kept.bytes.length,
        version: kept.version,
        lastModified: kept.lastModified,
      });
    }
  }

  delete(address: ObjectAddress, request: DeleteRequest = {}): Promise<void> {
    return settle(() => {
      const kept = this.#find(address, request.signal);
      if (kept === undefined) return;
      if (!holds(request, kept) || isWrittenSince(kept.lastModified, request.unmodifiedSince))
        throw preconditionFailed(address, request);
      this.#bucket(address.bucket).delete(address.key);
    });
  }

  #find(address: ObjectAddress, signal: AbortSignal | undefined): Kept | undefined {
    signal?.throwIfAborted();
    assertAddress(address);
    return this.#buckets.get(address.bucket)?.get(address.key);
  }

  #bucket(name: string): Map<string, Kept> {
    const bucket = this.#buckets.get(name) ?? new Map<string, Kept>();
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

function holds(condition: PutCondition, kept: Kept | undefined): boolean {
  if (condition.ifAbsent === true) return kept === undefined;
  return condition.ifMatch === undefined || condition.ifMatch === kept?.version;
}

/** Runs at once, so that two calls never interleave, and turns a throw into a rejection. */
function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
