/** Drivers that need a disk or the AWS SDK are imported from their own files. */
export { formatS3Uri, parseS3Uri } from './address.js';
export { createBlobStore, REUSE_GRACE_MS } from './blob-store.js';
export type { Blob, BlobStore, BlobStoreOptions } from './blob-store.js';
export { memoryBlobStore, memoryObjectStore } from './memory.js';
export type { MemoryObjectStoreOptions } from './memory.js';
export type {
  DeleteRequest,
  GetRequest,
  Leftover,
  ObjectAddress,
  ObjectAttributes,
  ObjectStore,
  ObjectSummary,
  PutCondition,
  PutRequest,
  StoredObject,
} from './object-store.js';
export type { StoreErrorCode } from './store-errors.js';
