import { addressTemplates, detectDigest } from '../content-address.js';
import { BagError, PointerError, restateAs } from '../errors/index.js';
import type { CodeFor } from '../errors/index.js';
import { formatExact, parseExact } from '../json/index.js';
import { partitionWorkflow } from '../partition/index.js';
import { digestInPointer, holdsDigest, isMutable } from './bag.js';
import type { Bag, Field } from './bag.js';
import { follow } from './follow.js';
import { holdsPrograms, isManifestMutable, manifestSource } from './manifest.js';
import { placesFor } from './places.js';
import type { AddressRule, BagIds, BlobReader } from './places.js';
import { detectValuePointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import {
  assertNotAdded,
  assertSegments,
  isEmptyContainer,
  isEmptyMap,
  listEntries,
  loadTargets,
  parseIfJsonString,
  usableMap,
} from './segments.js';
import { isObject } from './value.js';
import type { Value } from './value.js';

/**
 * Whether a value can have changed since the bag was written. `safe`: it is inline, at a content address, or its
 * pointer has a checksum. `mutable`: it is at a key that a later run may write again.
 */
export type Trust = 'safe' | 'mutable' | 'none';

/** True when following the pointer gives the bytes it was written for, or an error. */
export function isVerified(pointer: Pointer): boolean {
  return pointer.md5 !== undefined || digestInPointer(pointer) !== undefined;
}

/** What the config or map of a bag is worth: the old name outranks the path unless it is empty. */
function judgeTrust(field: Field, path: Field): Trust {
  if (field.state === 'inline') return 'safe';
  const source = field.state === 'pointer' ? field : path;
  if (source.state !== 'pointer') return 'none';
  return isVerified(source.pointer) ? 'safe' : 'mutable';
}

export function configTrust({ config, configPath }: Bag): Trust {
  return judgeTrust(config, configPath);
}

export function mapTrust({ map, mapPath }: Bag): Trust {
  return judgeTrust(map, mapPath);
}

/** A config cut into segments, or why it cannot be. Neither when it gives none. */
export interface Cut<V extends Value = Value> {
  readonly map?: V;
  readonly error?: BagError;
}

export function cutConfig<V extends Value>(config: V | undefined): Cut<V> {
  if (config === undefined || isEmptyContainer(config)) return {};
  const opened = parseIfJsonString(config);
  if (isObject(opened) && isEmptyContainer(opened)) return {};
  try {
    const map = partitionConfig(opened);
    return isEmptyMap(map) ? {} : { map };
  } catch (error) {
    if (error instanceof BagError) return { error };
    throw error;
  }
}

/**
 * True when two lists of segments are the same programs. The spelling of numbers, `outgoing_edges` and empty `branches`
 * do not count: the legacy writers of maps and manifests differed in them.
 */
export function samePrograms(one: Value, other: Value): boolean {
  const [ones, others] = [one, other].map((list) => listEntries(list).map((entry) => normalizeProgram(entry)));
  return (
    ones!.length === others!.length &&
    ones!.every((meaning, index) => meaning !== undefined && meaning === others![index])
  );
}

function normalizeProgram(entry: Value): string | undefined {
  const program = entry.member('segment_config') ?? entry;
  try {
    return JSON.stringify(JSON.parse(new TextDecoder().decode(program.bytes())), withoutNotes);
  } catch (error) {
    // Numbers that only Python reads: not told to be the same.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function withoutNotes(name: string, value: unknown): unknown {
  if (name === 'outgoing_edges' || (name === 'branches' && Array.isArray(value) && value.length === 0))
    return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Values that a manifest may be made of, and that stay where they are stored. */
interface StoredSources<V extends Value = Value> {
  readonly config?: V;
  readonly map?: V;
  readonly manifest?: V;
}

type Load<V extends Value = Value> = (pointer: Pointer) => Promise<V>;

/**
 * Reads what a manifest may have to be made of: a map and a config at content addresses, and the manifest itself when
 * it is at a mutable key, has another form, or is to be compared with an inline one. Nothing is read that the map makes
 * needless. A manifest that cannot be followed is returned as `unread`, and thrown only if nothing else gives segments.
 */
async function loadStored<V extends Value>(
  bag: Bag<V>,
  { config, map }: { readonly config?: V; readonly map?: V },
  load: Load<V>,
  isFormAsked: boolean,
): Promise<StoredSources<V> & { readonly unread?: BagError }> {
  const isMapUsable = usableMap(map) !== undefined;
  if (isMapUsable && mapTrust(bag) === 'safe') return {};
  const path = manifestSource(bag);
  // Before a path at a mutable key is made the same, the manifest must be there.
  const isAsked = isFormAsked || holdsInlinePrograms(bag) || isMutable(bag.manifestAlias);
  if (holdsDigest(path)) return isAsked ? loadManifest(path, load) : {};
  if (map === undefined && holdsDigest(bag.mapPath)) {
    // Without a manifest, one is cut from the config, and would outrank the map that the bag leads to.
    const isNeeded = isManifestMutable(bag) || (path.state !== 'pointer' && config !== undefined);
    const storedMap = isNeeded ? await ifPointer(bag.mapPath, load) : undefined;
    if (storedMap === undefined || usableMap(storedMap) !== undefined)
      return storedMap === undefined ? {} : { map: storedMap };
  }
  const storedConfig =
    config === undefined && configTrust(bag) === 'safe' ? await ifPointer(bag.configPath, load) : undefined;
  return {
    ...(storedConfig === undefined ? {} : { config: storedConfig }),
    ...(isMapUsable ? {} : await loadManifest(path, load)),
  };
}

function holdsInlinePrograms({ inlineManifest }: Bag): boolean {
  return inlineManifest !== undefined && holdsPrograms(inlineManifest);
}

async function ifPointer<V extends Value>(path: Field<V>, load: Load<V>): Promise<V | undefined> {
  return path.state === 'pointer' ? load(path.pointer) : undefined;
}

/** A merge may have put an unrelated path there; then the config still leads to the program. */
async function loadManifest<V extends Value>(
  path: Field<V>,
  load: Load<V>,
): Promise<{ readonly manifest?: V; readonly unread?: BagError }> {
  if (path.state !== 'pointer') return {};
  try {
    return { manifest: await load(path.pointer) };
  } catch (error) {
    // Nothing was followed. An execution that needs no program continues with the bag as it is.
    if (error instanceof PointerError) return { unread: restateAs(BagError, error) };
    throw error;
  }
}

/** The values to offload from one bag: taken from the bag, or from where its old pointers lead. */
export interface BagSources<V extends Value = Value> {
  readonly config?: V;
  readonly map?: V;
  /** What a manifest may be made of besides, and stays where it is. */
  readonly stored: StoredSources<V>;
  /** Programs that entries only point to, by `targetId`. */
  readonly targets: ReadonlyMap<string, V>;
  /** Why the manifest at a mutable key could not be read. */
  readonly unread?: BagError;
}

interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  /** A manifest at a content address is read too, so that it can be written in another form. */
  readonly isFormAsked?: boolean | undefined;
}

/** Reads what a bag's old pointers lead to, so that it can be re-homed under its content address. */
export async function loadSources<V extends Value>(
  bag: Bag<V>,
  blobs: BlobReader,
  { signal, isFormAsked = false }: LoadOptions = {},
): Promise<BagSources<V>> {
  const load = (pointer: Pointer) => loadValue(pointer, bag, blobs, signal);
  const config = await loadMember(bag.config, bag.configPath, load);
  const map = await loadMember(bag.map, bag.mapPath, load);
  if (config !== undefined) assertContainer(config, 'workflow_config', 'CONFIG_INVALID');
  if (map !== undefined) assertMap(map);
  const offloaded = { ...(config === undefined ? {} : { config }), ...(map === undefined ? {} : { map }) };
  const { unread, ...others } = await loadStored(bag, offloaded, load, isFormAsked);
  const first = isOutranked(bag) ? await ifPointer(bag.mapPath, load) : undefined;
  const stored = first === undefined ? others : { ...others, map: first };
  const lists = [map, stored.map, stored.manifest, bag.inlineManifest];
  return { ...offloaded, stored, targets: await loadTargets(lists, load), ...(unread && { unread }) };
}

/** True when a reader asks the path of the map before the pointer under the old name, whose key is not verified. */
function isOutranked({ map, mapPath }: Bag): boolean {
  return map.state === 'pointer' && !isVerified(map.pointer) && holdsDigest(mapPath);
}

/**
 * The member under its old name outranks a path, unless it is empty, as every legacy reader has it; a path that is a
 * content address stays as it is.
 */
async function loadMember<V extends Value>(
  field: Field<V>,
  path: Field<V>,
  load: (pointer: Pointer) => Promise<V>,
): Promise<V | undefined> {
  if (field.state === 'inline') return field.value;
  if (field.state === 'pointer') return load(field.pointer);
  return path.state === 'pointer' && !holdsDigest(path) ? load(path.pointer) : undefined;
}

/**
 * Follows a pointer of a bag to a JSON value of the same form. A pointer that leads to a pointer is refused, as no
 * legacy reader follows it.
 */
export async function loadValue<V extends Value>(
  pointer: Pointer,
  { value: bag, ...ids }: Pick<Bag<V>, 'value'> & BagIds,
  blobs: BlobReader,
  signal?: AbortSignal,
): Promise<V> {
  const bytes = await follow(pointer, ids, blobs, signal);
  const value = parseTarget(bag, pointer, bytes);
  if (detectValuePointer(value)) {
    throw new PointerError('POINTER_CHAIN', `the pointer to "${pointer.target?.key ?? ''}" leads to another pointer`);
  }
  return value;
}

function parseTarget<V extends Value>(bag: V, pointer: Pointer, bytes: Uint8Array): V {
  try {
    return bag.parse(bytes);
  } catch (cause) {
    throw new PointerError('POINTER_TARGET_INVALID', `the object "${pointer.target?.key ?? ''}" is not JSON`, {
      cause,
    });
  }
}

function assertMap(map: Value): void {
  assertContainer(map, 'partition_map', 'MAP_INVALID');
  assertSegments(parseIfJsonString(map));
}

/** Refuses what neither the legacy code nor the shim can run: numbers, booleans, plain text. */
function assertContainer(value: Value, name: string, code: CodeFor<'BagError'>): void {
  const opened = value.embedded() ?? value;
  assertNotAdded(opened, name);
  const kind = opened.kind();
  if (kind !== 'object' && kind !== 'array') {
    throw new BagError(
      code,
      `${name} is ${kind}, where ${name === 'partition_map' ? 'a list or a dict' : 'an object'} was expected`,
    );
  }
}

/**
 * Which targets are content addresses for readers of this store. Reading verifies them; what may not be read is none.
 * Of a store that is not open yet only the layout is known.
 */
export function addressRule(blobs: BlobReader): AddressRule {
  if (blobs.places === undefined) {
    const places = placesFor(blobs);
    return (target) => places.detectAddress(target);
  }
  const templates = addressTemplates(blobs.layout);
  return ({ key }) => detectDigest(key, templates);
}

/**
 * The map that the legacy partitioner makes of a config, numbers spelled as in the config. Throws `BagError`
 * `WORKFLOW_*` as the partitioner does, and `SEGMENT_IS_COPY`.
 */
function partitionConfig<V extends Value>(config: V): V {
  assertNotAdded(config, 'workflow_config');
  const { partitionMap } = partition(parseExact(config.bytes()));
  return config.parse(Buffer.from(formatExact(partitionMap)));
}

function partition(config: unknown): ReturnType<typeof partitionWorkflow> {
  try {
    return partitionWorkflow(config);
  } catch (cause) {
    if (!(cause instanceof BagError)) throw cause;
    const message = `there is no map and no manifest, and workflow_config cannot be cut into segments: ${cause.message}`;
    throw restateAs(BagError, cause, { message });
  }
}
