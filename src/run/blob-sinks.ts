import { LRUCache } from 'lru-cache';
import type { Layout } from '../bag/keys.js';
import type { ManifestForm } from '../bag/manifest.js';
import type { BlobReader, StoreReach } from '../bag/places.js';
import { knownDigests, knownManifests } from '../store/address.js';
import type { BlobStore } from '../store/index.js';
import type { BlobSink, TransformSettings } from './transform.js';

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
