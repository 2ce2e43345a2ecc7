import { isMutable, listMutablePaths } from './detect.js';
import type { BagSite } from './detect.js';
import type { Field } from './field.js';
import { targetId } from './entry-targets.js';
import type { ValueReader } from './value-reader.js';

/**
 * The path of the manifest that a bag leads to: `segment_manifest_s3_path`, else `manifest_s3_path`, else the one key
 * that all pointers of an inline list name, which a Map state passes to each segment.
 */
export function manifestSource<V>(
  reader: ValueReader<V>,
  { manifestPath, manifestAlias, inlineManifest }: BagSite<V>,
): Field<V> {
  if (manifestPath.state === 'pointer') return manifestPath;
  if (manifestAlias.state === 'pointer') return manifestAlias;
  const paths = inlineManifest === undefined ? [] : listMutablePaths(reader, inlineManifest);
  const keys = new Set(paths.map((path) => (path.state === 'pointer' ? targetId(path.pointer) : '')));
  return keys.size === 1 ? paths[0]! : manifestPath;
}

/** True when that path leads to a key that a later run may write again. */
export function isManifestMutable<V>(reader: ValueReader<V>, site: BagSite<V>): boolean {
  return isMutable(manifestSource(reader, site));
}
