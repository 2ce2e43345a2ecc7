/** The S3 driver is left out on purpose: importing it loads the AWS SDK. `openObjectStore` loads it when it is named. */
export { formatS3Uri, parseS3Uri } from './address.js';
export { createBlobStore } from './blob-store.js';
export type { Blob, BlobStore, BlobStoreOptions } from './blob-store.js';
export { fsBlobStore, fsObjectStore } from './fs.js';
export type { FsObjectStoreOptions } from './fs.js';
export { memoryBlobStore, memoryObjectStore } from './memory.js';
export type { MemoryObjectStoreOptions } from './memory.js';
export type {
  GetRequest,
  ObjectAddress,
  ObjectAttributes,
  ObjectStore,
  ObjectSummary,
  PutCondition,
  PutRequest,
  StoredObject,
} from './object-store.js';
export { openObjectStore } from './open.js';
export type { OpenedStore, OpenStoreOptions } from './open.js';
export type { StoreErrorCode } from './store-errors.js';
