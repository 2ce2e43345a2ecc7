export { createStateBagShim } from './shim/shim.js';
export { buildLeanBag } from './shim/build-lean-bag.js';
export { resolveSegmentConfig } from './shim/shim.js';
export { partitionWorkflow } from './partition/index.js';
export { assertLeanBag, validateLeanBag } from './validate/lean-bag.js';
// eslint-disable-next-line @typescript-eslint/no-deprecated -- The names of release 0.1.0 stay for one release.
export { assertStateBag, validateStateBag } from './validate/lean-bag.js';
export { createBlobStore } from './store/blob-store.js';
export { nameForStateMachine, PAYLOAD_TOO_LARGE_ERROR, RETRYABLE_ERROR } from './shim/error-name.js';
export {
  BagError,
  ConfigError,
  ConflictError,
  IntegrityError,
  InternalError,
  PointerError,
  SchemaError,
  StateBagError,
  StoreError,
} from './errors/classes.js';

export type { BuildOptions, LeanBagInput } from './shim/build-lean-bag.js';
export type { DiagnosticMessages, DiagnosticName } from './shim/diagnostics.js';
export type {
  Handler,
  LambdaContext,
  ObserveOptions,
  ReadOptions,
  RunnerEvent,
  SegmentConfig,
  SegmentMembers,
  StoreSource,
} from './shim/options.js';
export type { BagIds, BudgetOptions, CacheOptions, Mode, OffloadOptions, ShimOptions, Speech } from './shim/options.js';
export type { BagReading, FoundSegment } from './shim/shim.js';
export type { ResolveSegmentOptions } from './shim/shim.js';
export type { StateBagShim } from './shim/shim.js';
export type { Generation } from './bag/bag.js';
export type { Layout } from './bag/keys.js';
export type { ManifestForm } from './bag/manifest.js';
export type { PartitionResult, Segment } from './partition/index.js';
export type { ProgramSource } from './bag/resolve.js';
export type { ValidationIssue } from './validate/issue.js';
export type { ErrorContext, Stage, StateBagErrorOptions } from './errors/classes.js';
export type { ErrorCode } from './errors/codes.js';
export type { LeanStateBag } from './validate/lean-bag.js';
export type {
  FatStateBag,
  InlineSegment,
  Pointer,
  SegmentManifest,
  SegmentManifestEntry,
} from '../schemas/generated/types.js';
export type { Blob, BlobStore, BlobStoreOptions } from './store/blob-store.js';
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
} from './store/object-store.js';
