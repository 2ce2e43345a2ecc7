import { LRUCache } from 'lru-cache';
import { holdsDigest, isMutable } from '../bag/bag.js';
import type { Bag, Field } from '../bag/bag.js';
import type { MigrationContext } from '../bag/migration.js';
import { Places } from '../bag/places.js';
import type { BlobReader } from '../bag/places.js';
import type { ObjectValue, RememberedBlobs } from '../bag/value.js';
import { mergeTemplates } from '../content-address.js';
import type { KeyTemplates } from '../content-address.js';
import { ConfigError, StateBagError, StoreError, messageOf } from '../errors/index.js';
import { SingleFlight, joined } from '../store/blob-store.js';
import type { BlobStore } from '../store/blob-store.js';
import type { StoreSource } from './options.js';
import { assertDigest } from '../store/address.js';
import type { ObjectAddress } from '../store/object-store.js';
import { publish } from './diagnostics.js';
import { cloneJson, sameJson } from './plain-values.js';

/** Stands for the store's own bucket, whose name is not known before the store is open. */
const OWN_BUCKET = '';

/**
 * What a byte of JSON text takes in memory, as bytes and parsed: a round figure, on the safe side for objects of
 * strings.
 */
const MEMORY_PER_BYTE = 4;

/**
 * Reads blobs through a cache of those at content addresses; others may be overwritten at any time and are read each
 * time. One read of a blob is under way at a time. Entries go by whole address, not by digest alone: the digest of
 * another owner's blob does not give its bytes.
 */
export class BlobCache implements BlobReader {
  readonly bucket = OWN_BUCKET;
  /**
   * What cached blobs were parsed to, for `ObjectValue.remember`. Those values are shared: copy before handing out.
   */
  readonly remembered: RememberedBlobs = { parsed: new WeakMap(), bytes: new WeakMap() };
  /** Of the shim, and of the store as far as it is known. */
  readonly layout: KeyTemplates;
  readonly #store: StoreHandle;
  readonly #blobs: LRUCache<string, Uint8Array>;
  readonly #calls = new SingleFlight();
  #places: Places | undefined;

  constructor(store: StoreHandle, maxBytes: number, layout: KeyTemplates = {}) {
    this.layout = mergeTemplates(layout, store.layout);
    this.#store = store;
    this.#blobs = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ length }) => 1 + MEMORY_PER_BYTE * length,
    });
  }

  /** The places of the store with the layout of the shim; the layout that the store was made with counts as well. */
  async places(signal?: AbortSignal): Promise<Places> {
    const store = await this.#store.open(signal);
    if (this.#places === undefined) {
      const { bucket, prefix, allowBuckets = [], allowPrefixes = [] } = store;
      const layout = mergeTemplates(this.layout, store.layout);
      this.#places = new Places({ bucket, prefix, layout, allowBuckets, allowPrefixes });
    }
    return this.#places;
  }

  async get(
    address: ObjectAddress,
    { signal, sha256 }: { readonly signal?: AbortSignal; readonly sha256?: string } = {},
  ): Promise<Uint8Array> {
    if (address.bucket === OWN_BUCKET || sha256 === undefined) return this.#read(address, signal, sha256);
    const id = `${address.bucket}/${address.key}`;
    for (;;) {
      const cached = this.#blobs.get(id);
      if (cached) {
        publish('cache', () => ({ cache: 'blob', outcome: 'hit' }));
        return cached;
      }
      const running = this.#calls.current(id);
      if (running === undefined) return this.#calls.run(id, () => this.#load(id, address, sha256, signal), signal);
      await joined(running, signal);
    }
  }

  async #load(
    id: string,
    address: ObjectAddress,
    sha256: string,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    publish('cache', () => ({ cache: 'blob', outcome: 'miss' }));
    const bytes = await this.#read(address, signal, sha256);
    this.#blobs.set(id, bytes);
    return bytes;
  }

  async #read(
    { bucket, key }: ObjectAddress,
    signal: AbortSignal | undefined,
    sha256: string | undefined,
  ): Promise<Uint8Array> {
    const store = await this.#store.open(signal);
    const address = { bucket: bucket === OWN_BUCKET ? store.bucket : bucket, key };
    const options = { ...(signal && { signal }), ...(sha256 !== undefined && { sha256 }) };
    // A store of the program's own need not listen to the signal.
    const bytes = await joined(store.get(address, options), signal).catch(asStoreError);
    // A store that a program made itself may not verify anything.
    if (sha256 !== undefined) assertDigest(address, bytes, [sha256]);
    return bytes;
  }
}

type BlobRefs = MigrationContext['blobRefs'];

/** A pair of inline values, as private copies, and where they were stored. */
interface KnownProgram {
  readonly config: unknown;
  readonly map: unknown;
  /** The bag had another way to its program than its config, which then gets no manifest made from it. */
  readonly hasProgramSource: boolean;
  readonly blobRefs: BlobRefs;
}

/**
 * Versions of one workflow that are remembered at a time; runners that mend a map in place make a new one each step.
 */
const MAX_VERSIONS = 4;

/**
 * Inline values that were offloaded before, so that meeting them again costs a comparison and neither hash nor store
 * call. They are compared in full with a private copy: no part of a value vouches for the rest of it.
 */
export class ProgramCache {
  readonly #known: LRUCache<string, readonly KnownProgram[]>;

  constructor(maxBytes: number) {
    this.#known = new LRUCache({ maxSize: Math.max(1, maxBytes), sizeCalculation: sizeOf });
  }

  find(bag: Bag<ObjectValue>): BlobRefs | undefined {
    if (!isCacheable(bag)) return undefined;
    const known = this.#known.get(keyOf(bag))?.find((program) => isSame(bag, program));
    publish('cache', () => ({ cache: 'program', outcome: known ? 'hit' : 'miss' }));
    return known?.blobRefs;
  }

  /**
   * Copies what it keeps. Call it only when the blobs are known to be stored. The bag that came last is found first: a
   * value that two spellings store goes back as the one that it came from.
   */
  remember(bag: Bag<ObjectValue>, blobRefs: BlobRefs): void {
    if (!isCacheable(bag)) return;
    const known = this.#known.get(keyOf(bag)) ?? [];
    const program = known.find((each) => isStoredAs(each, bag, blobRefs)) ?? {
      config: cloneJson(inlineOf(bag.config)),
      map: cloneJson(inlineOf(bag.map)),
      hasProgramSource: hasProgramSource(bag),
      blobRefs,
    };
    const others = known.filter((each) => each !== program);
    this.#known.set(keyOf(bag), [program, ...others].slice(0, MAX_VERSIONS));
  }
}

/** True when the same blobs stand for both: they are at content addresses, so the values need no comparison. */
function isStoredAs(known: KnownProgram, bag: Bag<ObjectValue>, blobRefs: BlobRefs): boolean {
  const uris = (refs: BlobRefs) => [refs.config?.uri, refs.map?.uri, refs.manifest?.uri].join('\n');
  return hasProgramSource(bag) === known.hasProgramSource && uris(blobRefs) === uris(known.blobRefs);
}

function keyOf({ ownerId, workflowId }: Bag<ObjectValue>): string {
  return JSON.stringify([ownerId, workflowId]);
}

function sizeOf(programs: readonly KnownProgram[]): number {
  const bytes = programs
    .flatMap(({ blobRefs }) => Object.values(blobRefs))
    .reduce((sum, blobRef) => sum + blobRef.size, 0);
  return 1 + MEMORY_PER_BYTE * bytes;
}

/** Only what follows from the inline values alone; an inline manifest and a pointer are looked at each time. */
function isCacheable({ config, map, configPath, mapPath, inlineManifest, manifestAlias }: Bag<ObjectValue>): boolean {
  if (inlineManifest !== undefined || isMutable(manifestAlias) || (config.state !== 'inline' && map.state !== 'inline'))
    return false;
  return isSettled(config, configPath) && isSettled(map, mapPath);
}

function isSettled(field: Field<ObjectValue>, path: Field<ObjectValue>): boolean {
  return field.state === 'inline' || (field.state !== 'pointer' && (path.state !== 'pointer' || holdsDigest(path)));
}

function inlineOf(field: Field<ObjectValue>): unknown {
  return field.state === 'inline' ? field.value.raw : undefined;
}

/** A manifest at a mutable key does not count: the one made of the config takes its place. */
function hasProgramSource({ map, manifestPath, mapPath }: Bag<ObjectValue>): boolean {
  return map.state === 'inline' || holdsDigest(manifestPath) || mapPath.state === 'pointer';
}

function isSame(bag: Bag<ObjectValue>, known: KnownProgram): boolean {
  return (
    hasProgramSource(bag) === known.hasProgramSource &&
    sameJson(inlineOf(bag.map), known.map) &&
    sameJson(inlineOf(bag.config), known.config)
  );
}

/** Opens the store once, at the first need. A failure is not kept: the next call tries again. */
export class StoreHandle {
  readonly #source: StoreSource;
  #opened: Promise<BlobStore> | undefined;

  constructor(source: StoreSource) {
    this.#source = source;
  }

  /** Key templates of a store that is given open. Those of one that is opened later are not known yet. */
  get layout(): KeyTemplates | undefined {
    return typeof this.#source === 'function' ? undefined : this.#source.layout;
  }

  /**
   * Rejects with `StoreError` `STORE_OPEN_FAILED` when the source does not give one; with the signal's reason when it
   * aborts.
   */
  async open(signal?: AbortSignal): Promise<BlobStore> {
    signal?.throwIfAborted();
    const source = this.#source;
    if (typeof source !== 'function') return source;
    this.#opened ??= openSource(source).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return joined(this.#opened, signal);
  }
}

async function openSource(source: Exclude<StoreSource, BlobStore>): Promise<BlobStore> {
  let opened: unknown;
  try {
    opened = await source();
  } catch (cause) {
    if (cause instanceof StateBagError) throw cause;
    throw new StoreError('STORE_OPEN_FAILED', `the blob store cannot be opened: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (isBlobStore(opened)) return opened;
  throw new ConfigError(
    'OPTION_INVALID',
    'the function in the option "store" gave no blob store: it has no bucket, get and put; make one with blobStore or s3BlobStore',
  );
}

/** True for what has the members of a blob store that the shim uses. */
export function isBlobStore(value: unknown): value is BlobStore {
  const { bucket, get, put } = (value ?? {}) as Partial<Record<keyof BlobStore, unknown>>;
  return typeof bucket === 'string' && typeof get === 'function' && typeof put === 'function';
}

/** Throws an error of a store: as it is when it is one of this package's, else as a retryable `StoreError`. */
export function asStoreError(cause: unknown): never {
  if (cause instanceof StateBagError) throw cause;
  throw new StoreError('STORE_FAILED', `the blob store failed: ${messageOf(cause)}`, { cause });
}
