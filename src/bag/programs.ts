import { BagError } from '../errors.js';
import { holdsDigest } from './detect.js';
import type { BagSite } from './detect.js';
import { isEmptyMap, isHollow, usableMap } from './entries.js';
import { detectManifestEntries, holdsPrograms } from './manifest.js';
import { isManifestMutable, manifestSource } from './manifest-source.js';
import type { SiteSources } from './sources.js';
import { configTrust, cutOf, mapTrust, samePrograms } from './trust.js';
import type { ValueReader } from './value-reader.js';

/** The segments of a bag as a migration keeps them. */
export interface Programs<V> {
  readonly list: V;
  /** The stored manifest that the list is in. */
  readonly document?: V;
  /** `kept`: the manifest is at a content address and stays. */
  readonly from: 'map' | 'inline-manifest' | 'config' | 'manifest' | 'kept';
  /** True when the list comes from a key that a later run may write again. */
  readonly isMutable: boolean;
  /** True when a map or manifest at such a key says something else than the config. */
  readonly differs: boolean;
}

/**
 * Chooses the segments of a bag, in the order of resolution: what is inline or verified outranks what is at a mutable
 * key. A config that cannot be cut passes on, and its error is thrown when nothing else gives segments. `undefined`
 * when the bag leads to none.
 */
export function choosePrograms<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  sources: SiteSources<V>,
): Programs<V> | undefined {
  const map = usableMap(reader, sources.map ?? sources.stored.map);
  if (map !== undefined && mapTrust(reader, site) !== 'mutable')
    return { list: map, from: 'map', isMutable: false, differs: false };
  const stored = storedEntries(reader, sources.stored.manifest);
  const isKept = holdsDigest(manifestSource(reader, site));
  if (isKept && stored) return { ...stored, from: 'kept', isMutable: false, differs: false };
  const inline = site.inlineManifest;
  if (inline !== undefined && holdsPrograms(reader, inline))
    return { list: inline, from: 'inline-manifest', isMutable: false, differs: false };
  if (isKept) return fromLastConfig(reader, undefined, sources.unread);
  const config = sources.config ?? sources.stored.config;
  const isSafe = configTrust(reader, site) === 'safe';
  const cut = isSafe ? cutOf(reader, config) : {};
  const other = map ?? stored?.list;
  if (cut.map !== undefined)
    return {
      list: cut.map,
      from: 'config',
      isMutable: false,
      differs: other !== undefined && !samePrograms(reader, cut.map, other),
    };
  if (map !== undefined) return { list: map, from: 'map', isMutable: true, differs: false };
  if (stored) return { ...stored, from: 'manifest', isMutable: true, differs: false };
  const last = fromLastConfig(reader, isSafe ? undefined : config, cut.error);
  return last ?? (isManifestMutable(reader, site) ? withoutSegments(reader, sources) : undefined);
}

/** The config at a mutable key, when nothing better gives segments. */
function fromLastConfig<V>(
  reader: ValueReader<V>,
  config: V | undefined,
  failure: Error | undefined,
): Programs<V> | undefined {
  const cut: { readonly map?: V; readonly error?: BagError } = cutOf(reader, config);
  if (cut.map !== undefined) return { list: cut.map, from: 'config', isMutable: true, differs: false };
  const error = cut.error ?? failure;
  if (error) throw error;
  return undefined;
}

/**
 * An empty manifest is re-homed as it is: a later run may write segments to its key, which the bag must not go on
 * naming.
 */
function withoutSegments<V>(
  reader: ValueReader<V>,
  { stored: { manifest }, unread }: SiteSources<V>,
): Programs<V> | undefined {
  if (unread) throw unread;
  if (manifest === undefined) return undefined;
  const list = reader.member(manifest, 'segments') ?? manifest;
  if (isHollow(reader, list)) return { list, document: manifest, from: 'manifest', isMutable: true, differs: false };
  throw new BagError(
    'SEGMENT_NOT_FOUND',
    'the manifest at a key that another run overwrites has no segments, and nothing else in the bag leads to a program',
  );
}

function storedEntries<V>(
  reader: ValueReader<V>,
  document: V | undefined,
): { readonly list: V; readonly document: V } | undefined {
  const list = document === undefined ? undefined : detectManifestEntries(reader, document);
  return list === undefined || isEmptyMap(reader, list) ? undefined : { list, document: document! };
}
