import { LRUCache } from 'lru-cache';
import { ConfigError, PointerError, StateBagError } from '../errors.js';
import { formatS3Uri } from './address.js';
import { DEFAULT_BACKOFF } from './backoff.js';
import type { Backoff } from './backoff.js';
import { asFolder, assertAllowed, isOwn } from './blob-access.js';
import type { AccessRules } from './blob-access.js';
import { writeOnce } from './blob-put.js';
import type { Renewal } from './blob-put.js';
import { detectDigest } from '../content-address.js';
import { assertDigest } from './digest.js';
import { Flights, joined } from './flights.js';
import type { ObjectAddress, ObjectStore } from './object-store.js';

export interface BlobStoreOptions {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Put before every key of this store, with one `/` between. Default: none. */
  readonly prefix?: string;
  /** Further buckets that `get` may read. */
  readonly allowBuckets?: readonly string[];
  /** Key templates that blobs are written under; readers hold pointers into them against the owner of the bag. */
  readonly layout?: Readonly<Partial<Record<string, string>>>;
  /** Limits `get` to these folders, in every allowed bucket, and to `prefix` in the store's own. Default: no limit. */
  readonly allowPrefixes?: readonly string[];
  /**
   * How many blobs already known to be stored are remembered, so that they cost no request. Default 8,192; 0 for none.
   */
  readonly dedupeEntries?: number;
  /** Milliseconds since 1970, held against the age of blobs. */
  readonly now?: () => number;
  /** Patience with stores that answer "another write is under way". */
  readonly backoff?: Partial<Backoff>;
}

export interface Blob {
  /** Without the store's prefix. */
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Lower-case hex digest of `bytes`. */
  readonly sha256: string;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The key contains the digest. */
  readonly addressed: boolean;
}

/** Claim checks: bytes that are written once, under a name that documents can point to for ever. */
export interface BlobStore {
  readonly bucket: string;
  /** Empty, or ending with `/`. */
  readonly prefix: string;
  /** Key templates in which a key names its owner, when they are not the default ones. */
  readonly layout?: Readonly<Partial<Record<string, string>>>;
  /** For messages. */
  readonly description: string;
  /** `s3://bucket/prefix/key`, nothing escaped. */
  uri(key: string): string;
  /**
   * Idempotent. `reused` when the same bytes were there already. Errors beside the driver's: `IntegrityError`
   * `BLOB_MISMATCH` when other bytes lie at a content address, `ConflictError` `WOULD_OVERWRITE` when they lie at
   * a key without digest.
   */
  put(blob: Blob, signal?: AbortSignal): Promise<'written' | 'reused'>;
  /**
   * Bytes of a pointer's target. Their digest is verified against `sha256` when given, and against the digest in the
   * key when the key is one of this store's own and holds one. `PointerError` `BUCKET_NOT_ALLOWED`,
   * `PREFIX_NOT_ALLOWED` or `POINTER_DANGLING`; `IntegrityError` `DIGEST_MISMATCH`; else the driver's errors.
   */
  get(
    address: ObjectAddress,
    options?: { readonly sha256?: string; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
}

export function createBlobStore(options: BlobStoreOptions): BlobStore {
  if (options.bucket === '') throw new ConfigError('BUCKET_MISSING', 'The blob store needs a bucket name.');
  return new ClaimCheckStore(options);
}

const DEFAULT_DEDUPE_ENTRIES = 8_192;

const HOUR_MS = 3_600_000;

/** How long a blob is remembered as stored, and how old it may get before whoever writes it again renews it. */
const REMEMBERED_MS = HOUR_MS;
const RENEWED_AFTER_MS = 24 * HOUR_MS;

/**
 * A blob that nobody has written or reused for so long carries a last write at least as old; one that somebody has,
 * a younger one. The rest is slack for clocks and for the time between a blob and the pointer to it.
 */
export const REUSE_GRACE_MS = 48 * HOUR_MS;

class ClaimCheckStore implements BlobStore {
  readonly bucket: string;
  readonly prefix: string;
  readonly layout: Readonly<Partial<Record<string, string>>>;
  readonly description: string;
  readonly #objects: ObjectStore;
  readonly #rules: AccessRules;
  readonly #backoff: Backoff;
  readonly #renewal: Renewal;
  readonly #stored: LRUCache<string, true> | undefined;
  readonly #flights = new Flights();

  constructor(options: BlobStoreOptions) {
    this.bucket = options.bucket;
    this.prefix = asFolder(options.prefix ?? '');
    this.layout = options.layout ?? {};
    this.description = `${formatS3Uri({ bucket: this.bucket, key: this.prefix })} on ${options.objects.description}`;
    this.#objects = options.objects;
    this.#rules = {
      buckets: new Set([options.bucket, ...(options.allowBuckets ?? [])]),
      folders: options.allowPrefixes?.map(asFolder),
      own: { bucket: options.bucket, folder: this.prefix },
    };
    this.#backoff = { ...DEFAULT_BACKOFF, ...options.backoff };
    const max = options.dedupeEntries ?? DEFAULT_DEDUPE_ENTRIES;
    this.#renewal = { now: options.now ?? Date.now, after: RENEWED_AFTER_MS };
    this.#stored =
      max > 0
        ? new LRUCache({
            // With `max`, the cache would allocate room for all entries now: some 2 ms of every cold start.
            maxSize: max,
            sizeCalculation: () => 1,
            ttl: REMEMBERED_MS,
            ttlResolution: 0,
            perf: { now: this.#renewal.now },
          })
        : undefined;
  }

  uri(key: string): string {
    return formatS3Uri(this.#addressOf(key));
  }

  async put(blob: Blob, signal?: AbortSignal): Promise<'written' | 'reused'> {
    const id = `${blob.sha256} ${blob.key}`;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#stored?.get(id) === true) return 'reused';
      const flight = this.#flights.current(id);
      if (flight === undefined) return this.#flights.lead(id, () => this.#write(id, blob, signal), signal);
      if ((await joined(flight, signal)) === 'landed') return 'reused';
    }
  }

  async get(
    address: ObjectAddress,
    options: { readonly sha256?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    assertAllowed(this.#rules, address);
    const bytes = await this.#read(address, options.signal);
    const inKey = isOwn(this.#rules, address) ? detectDigest(address.key.slice(this.prefix.length)) : undefined;
    assertDigest(address, bytes, [options.sha256, inKey]);
    return bytes;
  }

  async #write(id: string, blob: Blob, signal: AbortSignal | undefined): Promise<'written' | 'reused'> {
    const { key, contentType, metadata, ...rest } = blob;
    const attributes = {
      ...(contentType === undefined ? {} : { contentType }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const outcome = await writeOnce(
      this.#objects,
      { ...rest, address: this.#addressOf(key), attributes },
      { backoff: this.#backoff, renewal: this.#renewal },
      signal,
    );
    this.#stored?.set(id, true);
    return outcome;
  }

  async #read(address: ObjectAddress, signal: AbortSignal | undefined): Promise<Uint8Array> {
    try {
      return (await this.#objects.get(address, signal === undefined ? {} : { signal })).bytes;
    } catch (error) {
      if (!(error instanceof StateBagError) || error.code !== 'OBJECT_NOT_FOUND') throw error;
      const context = { bucket: address.bucket, path: address.key };
      throw new PointerError('POINTER_DANGLING', `The pointer leads to ${formatS3Uri(address)}, where nothing lies.`, {
        context,
        cause: error,
      });
    }
  }

  #addressOf(key: string): ObjectAddress {
    return { bucket: this.bucket, key: this.prefix + key };
  }
}
