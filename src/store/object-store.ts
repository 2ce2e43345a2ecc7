/** Where an object lies. Keys are kept exactly as S3 keeps them: any UTF-8 text, `#` and `%` included. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/** What S3 keeps beside the bytes. A driver that cannot keep them says so in `ObjectStore.keepsAttributes`. */
export interface ObjectAttributes {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  /** User metadata, without the `x-amz-meta-` prefix; names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly storageClass?: string;
  readonly serverSideEncryption?: string;
  readonly kmsKeyId?: string;
}

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Opaque version to hand back in `PutCondition.ifMatch`: the ETag with its quotes on S3. */
  readonly version: string;
  /** S3's id of this version, in a bucket that keeps versions. */
  readonly versionId?: string;
  readonly attributes: ObjectAttributes;
  /** When these bytes were last written, to the second at least. */
  readonly lastModified: Date;
}

export interface ObjectSummary extends ObjectAddress {
  /** Bytes. */
  readonly size: number;
  readonly version: string;
  readonly lastModified: Date;
}

/** A file that a process left unfinished when it was killed. */
export interface Leftover {
  /** Where it is, in the form of a key; no object can have such a key. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
  readonly remove: () => Promise<void>;
}

/** At most one of the two; without either the object is overwritten. */
export interface PutCondition {
  /** Write only when nothing lies at the key (`If-None-Match: *`). */
  readonly ifAbsent?: boolean;
  /** Write only over this version (`If-Match`). */
  readonly ifMatch?: string;
}

export interface PutRequest extends PutCondition {
  readonly attributes?: ObjectAttributes;
  /** Lower-case hex SHA-256 of `bytes` when the caller already has it; S3 verifies it on arrival. */
  readonly sha256?: string;
  /**
   * A version that this write must be told apart from, though the bytes may be the same: afterwards a delete under
   * conditions that the old version met is refused. A driver whose version is made of the bytes alone tells the two
   * apart by `unmodifiedSince`.
   */
  readonly unlike?: string;
  readonly signal?: AbortSignal;
}

/** Conditions that both must hold. */
export interface DeleteRequest {
  /** Delete only this version (`If-Match`). */
  readonly ifMatch?: string;
  /** Delete only what was last written at this moment or before, to the second. */
  readonly unmodifiedSince?: Date;
  readonly signal?: AbortSignal;
}

export interface GetRequest {
  readonly signal?: AbortSignal;
  /** Read tags too (one more request on S3). */
  readonly withTags?: boolean;
  /** A larger object is `OBJECT_TOO_LARGE`; at most that much of it is read. Default: no limit. */
  readonly maxBytes?: number;
}

/**
 * A bucket-and-key store with compare-and-swap. One file per driver; one contract suite for all of them
 * (`test/store/object-store.contract.ts`).
 *
 * Errors, all from `src/errors/index.ts`:
 * - `StoreError` `OBJECT_NOT_FOUND` (404), `OBJECT_ARCHIVED` (Glacier), `STORE_DENIED` (403), `BUCKET_NOT_FOUND`,
 *   `STORE_UNAVAILABLE` (5xx, throttling, broken connection; retryable), `STORE_TIMEOUT` (retryable),
 *   `STORE_FULL` (no space), `KEY_INVALID` (a key the driver cannot hold), `BODY_TRUNCATED` (retryable),
 *   `OBJECT_TOO_LARGE` (more bytes than `GetRequest.maxBytes`), `STORE_REJECTED` (the store refuses the request for a
 *   reason of its own), `STORE_UNSUPPORTED` (501: the server lacks a feature), `ETAG_WEAK` (a condition on a weak
 *   ETag, which never matches).
 * - `IntegrityError` `DIGEST_MISMATCH` (the bytes given to `put` do not have the digest given with them).
 * - `ConflictError` `PRECONDITION_FAILED` (412: the condition did not hold) and `WRITE_CONFLICT`
 *   (409: another conditional write was under way; retryable).
 */
export interface ObjectStore {
  /** For messages: `s3://bucket`, `file:///dir`, `memory:`. */
  readonly description: string;
  /** False when attributes given to `put` do not come back from `get` (the file system). */
  readonly keepsAttributes: boolean;
  get(address: ObjectAddress, request?: GetRequest): Promise<StoredObject>;
  /** Resolves to the new version. */
  put(address: ObjectAddress, bytes: Uint8Array, request?: PutRequest): Promise<string>;
  /** Objects under a key prefix, in key order. An absent bucket is `BUCKET_NOT_FOUND` on S3 and empty elsewhere. */
  list(bucket: string, prefix: string, signal?: AbortSignal): AsyncIterable<ObjectSummary>;
  /**
   * What killed processes left under a key prefix, which `list` does not show. If the driver cannot prove that the
   * process has ended, only what was last written before `unknownBefore` counts. A driver whose writes leave nothing
   * behind does not have this method.
   */
  leftovers?(bucket: string, prefix: string, unknownBefore: Date, signal?: AbortSignal): AsyncIterable<Leftover>;
  /** Deleting what is absent succeeds. */
  delete(address: ObjectAddress, request?: DeleteRequest): Promise<void>;
}
