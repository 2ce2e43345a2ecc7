import { BagError } from '../errors/index.js';
import { formatExact, parseExact } from '../json/index.js';
import { planBlob } from './keys.js';
import type { BlobAddressing, PendingBlob } from './keys.js';
import { holdsDigest, isMutable, listMutablePaths, holdsMutableTarget } from './bag.js';
import type { Bag } from './bag.js';
import type { JsonValue } from './edit.js';
import {
  detectManifestEntries,
  detectForm,
  holdsPrograms,
  isManifestMutable,
  isReadInline,
  manifestEntryAt,
  manifestPointers,
  manifestSource,
  printManifest,
  repeatsMap,
} from './manifest.js';
import type { ManifestForm } from './manifest.js';
import { MANIFEST_PATH } from './members.js';
import { textMember } from './value.js';
import type { Value } from './value.js';
import { entryPointer, isEmptyMap, isEmptyContainer, listEntries, targetId, usableMap } from './segments.js';
import { configTrust, cutConfig, mapTrust, samePrograms } from './sources.js';
import type { BagSources, Cut } from './sources.js';

/** The segments of a bag as a migration keeps them. */
export interface Programs<V extends Value = Value> {
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
export function choosePrograms<V extends Value>(bag: Bag<V>, sources: BagSources<V>): Programs<V> | undefined {
  const map = usableMap(sources.map ?? sources.stored.map);
  if (map !== undefined && mapTrust(bag) !== 'mutable')
    return { list: map, from: 'map', isMutable: false, differs: false };
  const stored = storedEntries(sources.stored.manifest);
  const isKept = holdsDigest(manifestSource(bag));
  if (isKept && stored) return { ...stored, from: 'kept', isMutable: false, differs: false };
  const inline = bag.inlineManifest;
  if (inline !== undefined && holdsPrograms(inline))
    return { list: inline, from: 'inline-manifest', isMutable: false, differs: false };
  if (isKept) return fromLastConfig<V>(undefined, sources.unread);
  const config = sources.config ?? sources.stored.config;
  const isSafe = configTrust(bag) === 'safe';
  const cut: Cut<V> = isSafe ? cutConfig(config) : {};
  const other = map ?? stored?.list;
  if (cut.map !== undefined)
    return {
      list: cut.map,
      from: 'config',
      isMutable: false,
      differs: other !== undefined && !samePrograms(cut.map, other),
    };
  if (map !== undefined) return { list: map, from: 'map', isMutable: true, differs: false };
  if (stored) return { ...stored, from: 'manifest', isMutable: true, differs: false };
  const last = fromLastConfig(isSafe ? undefined : config, cut.error);
  return last ?? (isManifestMutable(bag) ? withoutSegments(sources) : undefined);
}

/** The config at a mutable key, when nothing better gives segments. */
function fromLastConfig<V extends Value>(config: V | undefined, failure: Error | undefined): Programs<V> | undefined {
  const cut: { readonly map?: V; readonly error?: BagError } = cutConfig(config);
  if (cut.map !== undefined) return { list: cut.map, from: 'config', isMutable: true, differs: false };
  const error = cut.error ?? failure;
  if (error) throw error;
  return undefined;
}

/**
 * An empty manifest is re-homed as it is: a later run may write segments to its key, which the bag must not go on
 * naming.
 */
function withoutSegments<V extends Value>({ stored: { manifest }, unread }: BagSources<V>): Programs<V> | undefined {
  if (unread) throw unread;
  if (manifest === undefined) return undefined;
  const list = manifest.member('segments') ?? manifest;
  if (isEmptyContainer(list)) return { list, document: manifest, from: 'manifest', isMutable: true, differs: false };
  throw new BagError(
    'SEGMENT_NOT_FOUND',
    'the manifest at a key that another run overwrites has no segments, and nothing else in the bag leads to a program',
  );
}

function storedEntries<V extends Value>(
  document: V | undefined,
): { readonly list: V; readonly document: V } | undefined {
  const list = document === undefined ? undefined : detectManifestEntries(document);
  return list === undefined || isEmptyMap(list) ? undefined : { list, document: document! };
}

interface ManifestSettings<V extends Value = Value> {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly isFormAsked?: boolean;
  readonly addressing: BlobAddressing;
  readonly manifests?: ManifestCache;
  /** Programs that entries only point to. */
  readonly targets: ReadonlyMap<string, V>;
  /** Digest of the map that is offloaded. */
  readonly mapDigest: string | undefined;
}

/** Manifests made lately, by the digest of their map: the executions of a workflow share one. */
export interface ManifestCache {
  get(mapDigest: string): Uint8Array | undefined;
  set(mapDigest: string, manifest: Uint8Array): unknown;
}

interface PlannedManifest {
  /** Absent when the manifest stays where it is. */
  readonly blob: PendingBlob | undefined;
  /** What the inline manifest shrinks to, or with other paths. */
  readonly pointers: readonly JsonValue[] | undefined;
  /** What `manifest_s3_path` is to be, where it leads to a mutable key. */
  readonly alias: string | undefined;
}

/** The manifest of the chosen segments, in the form that is asked for. Throws `BagError`. */
export function planManifest(bag: Bag, programs: Programs | undefined, settings: ManifestSettings): PlannedManifest {
  const isNew = programs !== undefined && isWanted(bag, programs, settings);
  const blob = isNew ? planBlob(settings.addressing, 'manifest', bag, manifestBytes(programs, settings)) : undefined;
  const uri = blob?.uri ?? textMember(bag.value, MANIFEST_PATH);
  const alias =
    uri !== undefined &&
    uri !== '' &&
    isMutable(bag.manifestAlias) &&
    (blob !== undefined || !isMutable(bag.manifestPath))
      ? uri
      : undefined;
  return { blob, alias, pointers: uri === undefined ? undefined : pointersTo(bag, programs, settings, uri) };
}

/** A manifest at a content address stays, unless another form of it was asked for. */
function isWanted(
  bag: Bag,
  { from, document }: Programs,
  { target, isFormAsked, manifestForm }: ManifestSettings,
): boolean {
  if (from === 'kept') return isFormAsked === true && detectForm(document!) !== manifestForm;
  return target === 'lean' || manifestSource(bag).state === 'pointer';
}

function manifestBytes(
  programs: Programs,
  { manifestForm, manifests, targets, mapDigest }: ManifestSettings,
): Uint8Array {
  const { document, list, from } = programs;
  const findTarget = makeTargetLookup(targets);
  if (document !== undefined) {
    if (targets.size === 0 && detectForm(document) === manifestForm) return document.bytes();
    return printManifest(inOrder(document, list), manifestForm, findTarget);
  }
  // Another map of the same digest has the same pointers, and they may lead to other bytes by then.
  const key = from === 'map' && targets.size === 0 ? mapDigest : undefined;
  const cached = key === undefined ? undefined : manifests?.get(key);
  const bytes = cached ?? printManifest(listEntries(list), manifestForm, findTarget);
  if (key !== undefined && !cached) manifests?.set(key, bytes);
  return bytes;
}

function makeTargetLookup<V extends Value>(targets: ReadonlyMap<string, V>): (entry: V) => V | undefined {
  return (entry) => {
    const pointer = targets.size === 0 ? undefined : entryPointer(entry);
    return pointer && targets.get(targetId(pointer));
  };
}

/** The entries by position. In the envelope of the newest era their own ids decide, and one may be missing. */
function inOrder<V extends Value>(document: V, list: V): readonly V[] {
  return listEntries(list).map((_, index) => {
    const entry = manifestEntryAt(document, list, index);
    if (entry !== undefined) return entry;
    throw new BagError(
      'SEGMENT_INVALID',
      `the stored manifest has no segment ${index}, and cannot be written in another form`,
    );
  });
}

function pointersTo(
  bag: Bag,
  programs: Programs | undefined,
  { target, targets }: ManifestSettings,
  uri: string,
): readonly JsonValue[] | undefined {
  const inline = bag.inlineManifest;
  if (inline === undefined) return undefined;
  const { addresses } = bag;
  if (listMutablePaths(inline, addresses).length > 0)
    return holdsMutableTarget(inline, addresses) ? undefined : withPath(inline, uri);
  if (programs === undefined || target === 'bridge' || !holdsPrograms(inline) || isReadInline(bag.value))
    return undefined;
  const { list } = programs;
  if (listEntries(inline).length === 0 || !repeatsMap(inline, list, makeTargetLookup(targets))) return undefined;
  return manifestPointers(list, uri).map((pointer) => ({ ...pointer }));
}

/** The same pointers with another path. Throws `BagError` when a number in them would change its spelling. */
function withPath(inline: Value, uri: string): readonly JsonValue[] {
  const text = new TextDecoder().decode(inline.bytes());
  const pointers = JSON.parse(text) as readonly Readonly<Record<string, JsonValue>>[];
  if (formatExact(parseExact(inline.bytes())) !== JSON.stringify(pointers)) {
    throw new BagError(
      'SEGMENT_INVALID',
      'segment_manifest is a list of pointers with numbers that JavaScript cannot write back as they are spelled',
    );
  }
  return pointers.map((pointer) =>
    pointer.manifest_s3_path === undefined ? pointer : { ...pointer, manifest_s3_path: uri },
  );
}
