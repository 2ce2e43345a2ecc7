import { LRUCache } from 'lru-cache';
import { parseAllowedPrefix } from '../allowed-prefix.js';
import { addressTemplates, detectDigest } from '../content-address.js';
import { ConfigError, PointerError, StateBagError } from '../errors/index.js';
import { formatS3Uri, assertDigest } from './address.js';
import { DEFAULT_BACKOFF } from './backoff.js';
import type { Backoff } from './backoff.js';
import { writeOnce } from './blob-put.js';
import type { Renewal } from './blob-put.js';
import type { ObjectAddress, ObjectStore } from './object-store.js';

export interface BlobStoreOptions {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Put before every key of this store, with one `/` between. Default: none. */
  readonly prefix?: string;
  /** Further buckets in which pointers may lead to the same key layouts as in the store's own. */
  readonly allowBuckets?: readonly string[];
  /** Key templates that blobs are written under; pointers into them must name the owner of the bag. */
  readonly layout?: Readonly<Partial<Record<string, string>>>;
  /**
   * Folders in which pointers may lead to any key: `s3://bucket/prefix/`, or `prefix/` in the store's own bucket. A key
   * in a known layout below them must still name the owner of the bag. Default: none.
   */
  readonly allowPrefixes?: readonly string[];
  /** Largest object that `get` reads, in bytes. Default 32 MiB. */
  readonly maxTargetBytes?: number;
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
  /** Further buckets with the same key layouts. */
  readonly allowBuckets?: readonly string[];
  /** Folders in which pointers may lead to any key. */
  readonly allowPrefixes?: readonly string[];
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
   * Bytes of a pointer's target. Their digest is verified against `sha256` when given, and against the digest in a key
   * of the store's layout or the default one, in whatever bucket and folder. `PointerError` `POINTER_NOT_ALLOWED` for
   * another bucket, `POINTER_TARGET_TOO_LARGE` or `POINTER_DANGLING`; `IntegrityError` `DIGEST_MISMATCH`; else the
   * driver's errors. Which keys a bag may read is decided before, where its ids are known.
   */
  get(
    address: ObjectAddress,
    options?: { readonly sha256?: string; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
}

/** Throws `ConfigError` `BUCKET_MISSING` or `PREFIX_INVALID`. */
export function createBlobStore(options: BlobStoreOptions): BlobStore {
  if (options.bucket === '') throw new ConfigError('BUCKET_MISSING', 'The blob store needs a bucket name.');
  return new ClaimCheckStore(options);
}

const DEFAULT_DEDUPE_ENTRIES = 8_192;

/**
 * A config has some 200 KB, a map 50 KB, and a member that a handler returned at most the 6 MB of a response of Lambda.
 * Five times that leaves room for the lists of branches of a distributed map. Eight documents are in hand at a time.
 */
const MAX_TARGET_BYTES = 32 * 1024 * 1024;

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
  readonly allowBuckets: readonly string[];
  readonly allowPrefixes: readonly string[];
  readonly #buckets: ReadonlySet<string>;
  readonly #templates: readonly string[];
  readonly #maxTargetBytes: number;
  readonly #backoff: Backoff;
  readonly #renewal: Renewal;
  readonly #stored: LRUCache<string, true> | undefined;
  readonly #calls = new SingleFlight();

  constructor(options: BlobStoreOptions) {
    this.bucket = options.bucket;
    this.prefix = asFolder(options.prefix ?? '');
    this.layout = options.layout ?? {};
    this.description = `${formatS3Uri({ bucket: this.bucket, key: this.prefix })} on ${options.objects.description}`;
    this.#objects = options.objects;
    this.allowBuckets = options.allowBuckets ?? [];
    this.allowPrefixes = options.allowPrefixes ?? [];
    const folders = this.allowPrefixes.map((text) => parseAllowedPrefix(text, options.bucket));
    this.#buckets = new Set([options.bucket, ...this.allowBuckets, ...folders.map(({ bucket }) => bucket)]);
    this.#templates = addressTemplates(this.layout);
    this.#maxTargetBytes = options.maxTargetBytes ?? MAX_TARGET_BYTES;
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
      const running = this.#calls.current(id);
      if (running === undefined) return this.#calls.run(id, () => this.#write(id, blob, signal), signal);
      if ((await joined(running, signal)) === 'landed') return 'reused';
    }
  }

  async get(
    address: ObjectAddress,
    options: { readonly sha256?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    assertBucket(this.#buckets, address);
    const bytes = await this.#read(address, options.signal);
    assertDigest(address, bytes, [options.sha256, detectDigest(address.key, this.#templates)]);
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
      const request = { maxBytes: this.#maxTargetBytes, ...(signal !== undefined && { signal }) };
      return (await this.#objects.get(address, request)).bytes;
    } catch (error) {
      if (!(error instanceof StateBagError)) throw error;
      const context = { bucket: address.bucket, path: address.key };
      if (error.code === 'OBJECT_TOO_LARGE')
        throw new PointerError('POINTER_TARGET_TOO_LARGE', error.message, { context, cause: error });
      if (error.code !== 'OBJECT_NOT_FOUND') throw error;
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

/**
 * Without `/` in front and with one behind; empty for the whole bucket. Folders match whole: `a/` does not admit `ab`.
 */
export function asFolder(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/** Throws `PointerError` `POINTER_NOT_ALLOWED`; touches no store. */
function assertBucket(buckets: ReadonlySet<string>, address: ObjectAddress): void {
  if (buckets.has(address.bucket)) return;
  const context = { bucket: address.bucket.slice(0, 200), path: address.key.slice(0, 200) };
  throw new PointerError(
    'POINTER_NOT_ALLOWED',
    `The object ${JSON.stringify(formatS3Uri(address).slice(0, 200))} is not read: its bucket is not among the allowed ones. If you trust it, allow it: --allow-bucket NAME`,
    { context },
  );
}

/** How a call ended for the callers that wait: `abandoned` if its caller gave up, which says nothing about the work. */
type Landing = 'landed' | 'abandoned';

/** The work of one key runs once at a time. A caller that arrives while it runs can wait for its end. */
export class SingleFlight {
  readonly #underWay = new Map<string, Promise<Landing>>();

  /** The call that runs for a key. Rejects with the error of the work. */
  current(key: string): Promise<Landing> | undefined {
    return this.#underWay.get(key);
  }

  async run<T>(key: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const result = work();
    const landing = result.then(
      (): Landing => 'landed',
      (error: unknown): Landing => {
        if (signal?.aborted === true) return 'abandoned';
        throw error;
      },
    );
    // The first caller reports the failure; maybe no other caller waits.
    landing.catch(() => undefined);
    this.#underWay.set(key, landing);
    try {
      return await result;
    } finally {
      this.#underWay.delete(key);
    }
  }
}

/** Waits for the promise of another caller; gives up with the signal's reason and leaves the promise running. */
export async function joined<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running;
  let onAbort = (): void => undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([running, givenUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
