import type { ByteValue, ParsedBlobs } from '../bag/value.js';
import type { BlobAddressing } from '../bag/addressing.js';
import type { ManifestCache } from '../bag/plan-manifest.js';
import { createEngine, openAddressing } from '../adapter/engine.js';
import type { Engine, Work } from '../adapter/engine.js';
import { parseOptions } from '../adapter/settings.js';
import { knownDigests, knownManifests } from '../store/known-digests.js';
import { Envelopes } from './envelopes.js';
import type { WireOptions } from './options.js';
import { Respeller } from './respell.js';

/** The adapter's engine, and what working on bytes remembers beside it. */
export interface WireEngine extends Engine {
  /** Cached blobs, each scanned once. */
  readonly parsed: ParsedBlobs<ByteValue>;
  readonly digest: BlobAddressing['digest'];
  readonly manifests: ManifestCache;
  readonly respeller: Respeller;
  readonly envelopes: Envelopes;
  /** False when no program is looked for. */
  readonly wantsSegment: boolean;
  /** True when an event that is no JSON object goes on as it is. */
  readonly passesUnreadable: boolean;
}

export interface WireWork extends Work {
  readonly engine: WireEngine;
}

/** Throws `ConfigError` for options that are unknown or wrong. */
export function createWireEngine({
  segment = true,
  envelopes,
  onUnreadable = 'error',
  expectedOwner,
  ...options
}: WireOptions): WireEngine {
  const settings = parseOptions({
    ...options,
    ...(expectedOwner !== undefined && { expectedOwner: () => expectedOwner }),
  });
  // The caches of the adapter take the other half.
  const share = Math.floor(settings.cacheBytes / 4);
  const digest = knownDigests(share);
  return {
    ...createEngine({ ...settings, cacheBytes: settings.cacheBytes - 2 * share }),
    parsed: new WeakMap(),
    digest,
    respeller: new Respeller(digest),
    manifests: knownManifests(share),
    envelopes: new Envelopes(envelopes),
    wantsSegment: segment,
    passesUnreadable: onUnreadable === 'pass',
  };
}

/** Names the addresses of blobs; bytes met before are compared, not hashed. Rejects when the store cannot be opened. */
export async function openWireAddressing(work: WireWork): Promise<BlobAddressing> {
  return { ...(await openAddressing(work)), digest: work.engine.digest };
}
