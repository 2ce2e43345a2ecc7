import { dryRunSink, storeSink } from '../../batch/dry-run-sink.js';
import { knownDigests, knownManifests } from '../../store/address.js';
import type { TransformSettings } from '../../batch/transform.js';
import type { Layout } from '../../bag/keys.js';
import type { ManifestForm } from '../../bag/manifest.js';
import type { BlobStore } from '../../store/index.js';
import type { BlobReader } from '../../bag/places.js';

interface Wanted {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly isFormAsked?: boolean;
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
  { target, manifestForm, isFormAsked = false, layout }: Wanted,
  prefix: string,
  blobs: TransformSettings['blobs'],
): TransformSettings {
  const addressing = { layout, bucket: blobs.bucket, prefix, digest: knownDigests() };
  return { target, manifestForm, isFormAsked, addressing, manifests: knownManifests(), blobs };
}
