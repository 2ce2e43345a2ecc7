import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isOfLaterVersion, NEWEST_VERSION, pathFor } from '../../migrations/index.js';
import { BagDocument } from '../bag/bag.js';
import type { Bag } from '../bag/bag.js';
import type { BlobAddressing, Layout, PendingBlob } from '../bag/keys.js';
import type { ManifestForm } from '../bag/manifest.js';
import type { AddressRule, BlobReader, StoreReach } from '../bag/places.js';
import type { ManifestCache } from '../bag/plan-manifest.js';
import { assertBridgeable, planBag, rewriteBytes } from '../bag/plan.js';
import type { PlannedBag, Rewrite } from '../bag/plan.js';
import { assertUnmixed, pointersInBytes } from '../bag/search.js';
import { loadSources } from '../bag/sources.js';
import { readDocument } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import { BagError, InternalError } from '../errors/index.js';
import { givesBack } from '../json/index.js';
import { buffers } from '../sources/read-file.js';
import type { SourceDocument } from '../sources/source.js';
import { knownDigests, knownManifests } from '../store/address.js';
import type { BlobStore } from '../store/index.js';
import { assertOutline } from '../validate/lean-bag.js';

/** A document that was read, and the bags in it. */
export interface ReadDocument {
  readonly document: SourceDocument;
  readonly root: ByteValue;
  readonly bagDocument: BagDocument<ByteValue>;
}

/** What a document becomes. It passed every check, and nothing is written yet. */
export interface Transformation {
  readonly document: SourceDocument;
  readonly bagDocument: BagDocument<ByteValue>;
  readonly plans: readonly PlannedBag<ByteValue>[];
  /** To be stored before the document is replaced; each address once. */
  readonly blobs: readonly PendingBlob[];
  readonly rewrite: Rewrite;
  /** Lower-case hex SHA-256 of the document as it was read. Computed on demand: a dry run needs none. */
  readonly before: () => string;
  /** The same of the document as it is to be written. */
  readonly after: () => string;
}

/** What a transformation is made with. */
export interface TransformSettings {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly isFormAsked?: boolean;
  readonly addressing: BlobAddressing;
  readonly manifests?: ManifestCache;
  readonly blobs: BlobReader & BlobSink;
}

/** Takes blobs; a dry run hands in one that only counts. */
interface BlobSink {
  put(blob: PendingBlob, signal?: AbortSignal): Promise<'written' | 'reused'>;
}

/**
 * Reads a document; `addresses` says which targets of pointers are content addresses. Throws `BagError`: the
 * code of the scanner for text that is not JSON, `NOT_AN_OBJECT` for JSON that cannot be a bag.
 */
export function readBags(document: SourceDocument, addresses?: AddressRule): ReadDocument {
  const root = readDocument(document.bytes);
  const kind = root.kind();
  if (kind === 'object') return { document, root, bagDocument: new BagDocument(root, true, addresses) };
  const advice = kind === 'array' ? '; put one bag in a file, or one a line in an .ndjson file' : '';
  throw new BagError(
    'NOT_AN_OBJECT',
    `the document is ${kind === 'array' ? 'an array' : kind}, not an object that could hold a bag${advice}`,
  );
}

/** Throws `BagError` `ID_INVALID`, or `OWNER_MISMATCH` also when the row that keeps the bag names another owner. */
export function assertOneOwner(bagDocument: BagDocument<ByteValue>, { names }: SourceDocument): void {
  bagDocument.assertOneOwner(...(names ? [names] : []));
}

/**
 * What a migration makes of a document: the blobs to store and the new bytes. Reads what the bag's pointers name, and
 * writes nothing. Every check is in here, so that a document that is refused leaves no blob. A dry run is this alone.
 * `undefined` when the document is to stay as it is. Throws `BagError`, `PointerError`, `IntegrityError`, `SchemaError`
 * and what the store says; `InternalError` when a promise of the tool is broken.
 */
export async function transform(
  { document, root, bagDocument }: ReadDocument,
  settings: TransformSettings,
  signal?: AbortSignal,
): Promise<Transformation | undefined> {
  assertOneOwner(bagDocument, document);
  assertUnmixed(pointersInBytes(root), bagDocument.bags);
  const isRow = document.row !== undefined;
  const plans = await planBags(bagDocument, settings, isRow, signal);
  if (plans.length === 0) return undefined;
  const rewrite = asStored(document, rewriteBytes(document.bytes, plans, takeBuffer));
  // A bag with an empty map asks for a manifest every time and gets none. Output equal to the input is not a migration.
  if (Buffer.compare(rewrite.bytes, document.bytes) === 0) return undefined;
  for (const outline of rewrite.outlines) assertOutline(outline, settings.target);
  document.assertFits?.(rewrite.bytes);
  return {
    document,
    bagDocument,
    plans,
    blobs: [...new Map(plans.flatMap((plan) => plan.blobs).map((blob) => [blob.uri, blob])).values()],
    rewrite,
    before: memoize(() => digestDocument(document)),
    after: memoize(() => digest(rewrite.bytes)),
  };
}

async function planBags(
  { bags }: BagDocument<ByteValue>,
  settings: TransformSettings,
  isRow: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly PlannedBag<ByteValue>[]> {
  const plans: PlannedBag<ByteValue>[] = [];
  for (const bag of bags) {
    const migrations = pathFor(bag, settings.target, settings.isFormAsked);
    if (migrations.length === 0) continue;
    assertKnownVersion(bag);
    if (settings.target === 'bridge') assertBridgeable(bags, isRow);
    const sources = await loadSources(bag, settings.blobs, { signal, isFormAsked: settings.isFormAsked });
    plans.push({ ...planBag(bag, sources, settings), migrations });
  }
  return plans;
}

/** Members that a merge left in such a bag, or another form of its manifest, would give it an older stamp. */
function assertKnownVersion(bag: Bag): void {
  if (!isOfLaterVersion(bag)) return;
  throw new BagError(
    'BAG_VERSION_UNKNOWN',
    `the bag at /${bag.path.join('/')} is of version ${bag.version}, and this release knows versions up to ${NEWEST_VERSION}. Migrate it with the release that wrote it, or a later one`,
  );
}

/** How many blobs were written, and how many the store had. */
interface StoredBlobs {
  readonly written: number;
  readonly reused: number;
}

/** Stores what a document is to point to. Throws what the store says. */
export async function storeBlobs(
  { blobs }: Transformation,
  sink: BlobSink,
  signal?: AbortSignal,
): Promise<StoredBlobs> {
  const results = await Promise.all(blobs.map((blob) => sink.put(blob, signal)));
  const written = results.filter((result) => result === 'written').length;
  return { written, reused: results.length - written };
}

function takeBuffer(length: number): Uint8Array {
  return buffers.take(length);
}

/** The rewrite as it will be read again, where that is not as it is written. */
function asStored({ bytes, keep }: SourceDocument, rewrite: Rewrite): Rewrite {
  if (!keep) return rewrite;
  const kept = keep(rewrite.bytes);
  if (givesBack(kept.bytes, kept.inverse, bytes)) return { ...rewrite, ...kept };
  throw new InternalError(
    'INVERSE_BROKEN',
    'the inverse of the rewrite does not give the original back; nothing was written',
  );
}

export function digest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Of the document as it was read. */
export function digestDocument({ sha256, bytes }: SourceDocument): string {
  return sha256 ?? digest(bytes);
}

function memoize(compute: () => string): () => string {
  let value: string | undefined;
  return () => (value ??= compute());
}

/** Distinct addresses remembered; beyond that a blob may be counted twice. */
const REMEMBERED = 8_192;

/** Reads like the store and writes nothing: counts what a real run would write if the store were empty. */
export function dryRunSink(blobs: BlobReader): BlobReader & BlobSink {
  const seen = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    ...pickReach(blobs),
    get: (address, options) => blobs.get(address, options),
    put: (blob) => {
      const known = seen.has(blob.uri);
      seen.set(blob.uri, true);
      return Promise.resolve(known ? 'reused' : 'written');
    },
  };
}

/** Where pointers may lead, as the store says. */
function pickReach(blobs: BlobReader): StoreReach & Pick<BlobReader, 'places'> {
  const { bucket, prefix, layout, allowBuckets, allowPrefixes } = blobs;
  return {
    bucket,
    ...(blobs.places && { places: (signal) => blobs.places!(signal) }),
    ...(prefix !== undefined && { prefix }),
    ...(layout && { layout }),
    ...(allowBuckets && { allowBuckets }),
    ...(allowPrefixes && { allowPrefixes }),
  };
}

/** Writes blobs through a store of the `store` room. */
export function storeSink(store: BlobReader & StorePut): BlobReader & BlobSink {
  return {
    ...pickReach(store),
    get: (address, options) => store.get(address, options),
    put: ({ storeKey, bytes, sha256, contentType, metadata, addressed }, signal) =>
      store.put({ key: storeKey, bytes, sha256, contentType, metadata, addressed }, signal),
  };
}

interface StorePut {
  put(
    blob: {
      readonly key: string;
      readonly bytes: Uint8Array;
      readonly sha256: string;
      readonly contentType: string;
      readonly metadata: Readonly<Record<string, string>>;
      readonly addressed: boolean;
    },
    signal?: AbortSignal,
  ): Promise<'written' | 'reused'>;
}

interface Wanted {
  readonly target: 'lean' | 'bridge';
  /** When it is given, manifests of the other form are written again. Default `list`. */
  readonly manifestForm?: ManifestForm;
  readonly layout: Layout;
}

/** Settings of a transformation whose blobs are stored. */
export function writingSettings(wanted: Wanted, blobs: BlobStore): TransformSettings {
  return settingsOver(wanted, blobs.prefix, storeSink(blobs));
}

/** The same with a store that is only read. */
export function readingSettings(wanted: Wanted, blobs: BlobReader & { readonly prefix?: string }): TransformSettings {
  return settingsOver(wanted, blobs.prefix ?? '', dryRunSink(blobs));
}

/** Made once a run, because what it remembers of shared configs and maps is the run's. */
function settingsOver(
  { target, manifestForm, layout }: Wanted,
  prefix: string,
  blobs: TransformSettings['blobs'],
): TransformSettings {
  const addressing = { layout, bucket: blobs.bucket, prefix, digest: knownDigests() };
  return {
    target,
    manifestForm: manifestForm ?? 'list',
    isFormAsked: manifestForm !== undefined,
    addressing,
    manifests: knownManifests(),
    blobs,
  };
}
