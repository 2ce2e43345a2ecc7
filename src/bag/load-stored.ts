import { BagError, PointerError } from '../errors.js';
import { holdsDigest, isMutable } from './detect.js';
import type { BagSite } from './detect.js';
import { usableMap } from './entries.js';
import type { Field } from './field.js';
import { holdsPrograms } from './manifest.js';
import { isManifestMutable, manifestSource } from './manifest-source.js';
import type { Pointer } from './pointer.js';
import { configTrust, mapTrust } from './trust.js';
import type { ValueReader } from './value-reader.js';

/** Values that a manifest may be made of, and that stay where they are stored. */
export interface StoredSources<V> {
  readonly config?: V;
  readonly map?: V;
  readonly manifest?: V;
}

type Load<V> = (pointer: Pointer) => Promise<V>;

/**
 * Reads what a manifest may have to be made of: a map and a config at content addresses, and the manifest itself when
 * it is at a mutable key, has another form, or is to be compared with an inline one. Nothing is read that the map makes
 * needless. A manifest that cannot be followed is returned as `unread`, and thrown only if nothing else gives segments.
 */
export async function loadStored<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  { config, map }: { readonly config?: V; readonly map?: V },
  load: Load<V>,
  isFormAsked: boolean,
): Promise<StoredSources<V> & { readonly unread?: BagError }> {
  const isMapUsable = usableMap(reader, map) !== undefined;
  if (isMapUsable && mapTrust(reader, site) === 'safe') return {};
  const path = manifestSource(reader, site);
  // Before a path at a mutable key is made the same, the manifest must be there.
  const isAsked = isFormAsked || holdsInlinePrograms(reader, site) || isMutable(site.manifestAlias);
  if (holdsDigest(path)) return isAsked ? loadManifest(path, load) : {};
  if (map === undefined && holdsDigest(site.mapPath)) {
    const storedMap = isManifestMutable(reader, site) ? await ifPointer(site.mapPath, load) : undefined;
    if (storedMap === undefined || usableMap(reader, storedMap) !== undefined)
      return storedMap === undefined ? {} : { map: storedMap };
  }
  const storedConfig =
    config === undefined && configTrust(reader, site) === 'safe' ? await ifPointer(site.configPath, load) : undefined;
  return {
    ...(storedConfig === undefined ? {} : { config: storedConfig }),
    ...(isMapUsable ? {} : await loadManifest(path, load)),
  };
}

function holdsInlinePrograms<V>(reader: ValueReader<V>, { inlineManifest }: BagSite<V>): boolean {
  return inlineManifest !== undefined && holdsPrograms(reader, inlineManifest);
}

async function ifPointer<V>(path: Field<V>, load: Load<V>): Promise<V | undefined> {
  return path.state === 'pointer' ? load(path.pointer) : undefined;
}

/** A merge may have put an unrelated path there; then the config still leads to the program. */
async function loadManifest<V>(
  path: Field<V>,
  load: Load<V>,
): Promise<{ readonly manifest?: V; readonly unread?: BagError }> {
  if (path.state !== 'pointer') return {};
  try {
    return { manifest: await load(path.pointer) };
  } catch (error) {
    // Nothing was followed. An execution that needs no program continues with the bag as it is.
    if (error instanceof PointerError)
      return { unread: new BagError(error.code, error.message, { cause: error, context: error.context }) };
    throw error;
  }
}
