import { BagError, PointerError } from '../errors.js';
import { loadStored } from './load-stored.js';
import type { StoredSources } from './load-stored.js';
import { loadTargets } from './entry-targets.js';
import { holdsDigest } from './detect.js';
import type { BagSite } from './detect.js';
import { detectValuePointer } from './dialects/index.js';
import { assertNotAdded, assertSegments, isHollow, openText } from './entries.js';
import type { Field } from './field.js';
import { follow } from './follow.js';
import type { BlobReader } from './follow.js';
import type { Pointer } from './pointer.js';
import type { ValueReader } from './value-reader.js';

/** The values to offload from one bag: taken from the bag, or from where its old pointers lead. */
export interface SiteSources<V> {
  readonly config?: V;
  readonly map?: V;
  /** What a manifest may be made of besides, and stays where it is. */
  readonly stored: StoredSources<V>;
  /** Programs that entries only point to, by `targetId`. */
  readonly targets: ReadonlyMap<string, V>;
  /** Why the manifest at a mutable key could not be read. */
  readonly unread?: BagError;
}

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  /** A manifest at a content address is read too, so that it can be written in another form. */
  readonly isFormAsked?: boolean | undefined;
}

/** Reads what a bag's old pointers lead to, so that it can be re-homed under its content address. */
export async function loadSources<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  blobs: BlobReader,
  { signal, isFormAsked = false }: LoadOptions = {},
): Promise<SiteSources<V>> {
  const load = (pointer: Pointer) => loadValue(reader, pointer, site.ownerId, blobs, signal);
  const config = await valueOf(reader, site.config, site.configPath, load);
  const map = await valueOf(reader, site.map, site.mapPath, load);
  if (config !== undefined) assertContainer(reader, config, 'workflow_config', 'CONFIG_INVALID');
  if (map !== undefined) assertMap(reader, map);
  const offloaded = { ...(config === undefined ? {} : { config }), ...(map === undefined ? {} : { map }) };
  const { unread, ...stored } = await loadStored(reader, site, offloaded, load, isFormAsked);
  const lists = [map, stored.map, stored.manifest, site.inlineManifest];
  return { ...offloaded, stored, targets: await loadTargets(reader, lists, load), ...(unread && { unread }) };
}

/**
 * The member under its old name outranks a path, unless it is empty, as every legacy reader has it; a path that is a
 * content address stays as it is.
 */
async function valueOf<V>(
  reader: ValueReader<V>,
  field: Field<V>,
  path: Field<V>,
  load: (pointer: Pointer) => Promise<V>,
): Promise<V | undefined> {
  if (field.state === 'inline' && !(path.state === 'pointer' && isHollow(reader, field.value))) return field.value;
  if (field.state === 'pointer') return load(field.pointer);
  return path.state === 'pointer' && !holdsDigest(path) ? load(path.pointer) : undefined;
}

/** Follows a pointer to a JSON value. A pointer that leads to a pointer is refused, as no legacy reader follows it. */
export async function loadValue<V>(
  reader: ValueReader<V>,
  pointer: Pointer,
  ownerId: string | undefined,
  blobs: BlobReader,
  signal?: AbortSignal,
): Promise<V> {
  const bytes = await follow(pointer, ownerId, blobs, signal);
  const value = parseTarget(reader, pointer, bytes);
  if (detectValuePointer(reader, value)) {
    throw new PointerError('POINTER_CHAIN', `the pointer to "${pointer.target?.key ?? ''}" leads to another pointer`);
  }
  return value;
}

function parseTarget<V>(reader: ValueReader<V>, pointer: Pointer, bytes: Uint8Array): V {
  try {
    return reader.parse(bytes);
  } catch (cause) {
    throw new PointerError('POINTER_TARGET_INVALID', `the object "${pointer.target?.key ?? ''}" is not JSON`, {
      cause,
    });
  }
}

function assertMap<V>(reader: ValueReader<V>, map: V): void {
  assertContainer(reader, map, 'partition_map', 'MAP_INVALID');
  assertSegments(reader, openText(reader, map));
}

/** Refuses what neither the legacy code nor the shim can run: numbers, booleans, plain text. */
function assertContainer<V>(reader: ValueReader<V>, value: V, name: string, code: string): void {
  const opened = reader.embedded(value) ?? value;
  assertNotAdded(reader, opened, name);
  const kind = reader.kind(opened);
  if (kind !== 'object' && kind !== 'array') {
    throw new BagError(
      code,
      `${name} is ${kind}, where ${name === 'partition_map' ? 'a list or a dict' : 'an object'} was expected`,
    );
  }
}
