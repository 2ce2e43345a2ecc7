import { BagError } from '../errors.js';
import { formatExact, parseExact } from '../json/index.js';
import { planBlob } from './claim.js';
import type { ClaimOffice, PlannedBlob } from './claim.js';
import { isMutable } from './detect.js';
import type { BagSite } from './detect.js';
import type { JsonValue } from './document.js';
import { listEntries } from './entries.js';
import { entryPointer, targetId } from './entry-targets.js';
import { detectPath } from './field.js';
import { formOf, holdsPrograms, manifestEntryAt, manifestPointers, printManifest, repeatsMap } from './manifest.js';
import type { ManifestForm } from './manifest.js';
import type { Programs } from './programs.js';
import { textMember } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

export interface ManifestSettings<V> {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly isFormAsked?: boolean;
  readonly office: ClaimOffice;
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

export interface PlannedManifest {
  /** Absent when the manifest stays where it is. */
  readonly blob: PlannedBlob | undefined;
  /** What the inline manifest shrinks to, or with other paths. */
  readonly pointers: readonly JsonValue[] | undefined;
}

/** The manifest of the chosen segments, in the form that is asked for. Throws `BagError`. */
export function planManifest<V>(reader: ValueReader<V>, site: BagSite<V>, programs: Programs<V>, settings: ManifestSettings<V>): PlannedManifest | undefined {
  if (!isWanted(reader, site, programs, settings)) return { blob: undefined, pointers: pointersTo(reader, site, programs, settings, textMember(reader, site.value, 'segment_manifest_s3_path')) };
  const blob = planBlob(settings.office, 'manifest', site, manifestBytes(reader, programs, settings));
  return { blob, pointers: pointersTo(reader, site, programs, settings, blob.uri) };
}

/** A manifest at a content address stays, unless another form of it was asked for. */
function isWanted<V>(reader: ValueReader<V>, site: BagSite<V>, { from, document }: Programs<V>, { target, isFormAsked, manifestForm }: ManifestSettings<V>): boolean {
  if (from === 'kept') return isFormAsked === true && formOf(reader, document!) !== manifestForm;
  return target === 'lean' || site.manifestPath.state === 'pointer';
}

function manifestBytes<V>(reader: ValueReader<V>, programs: Programs<V>, { manifestForm, manifests, targets, mapDigest }: ManifestSettings<V>): Uint8Array {
  const { document, list, from } = programs;
  const targetOf = (entry: V) => {
    const pointer = targets.size === 0 ? undefined : entryPointer(reader, entry);
    return pointer && targets.get(targetId(pointer));
  };
  if (document !== undefined) {
    if (targets.size === 0 && formOf(reader, document) === manifestForm) return reader.bytes(document);
    return printManifest(reader, inOrder(reader, document, list), manifestForm, targetOf);
  }
  // Another map of the same digest has the same pointers, and they may lead to other bytes by then.
  const key = from === 'map' && targets.size === 0 ? mapDigest : undefined;
  const cached = key === undefined ? undefined : manifests?.get(key);
  const bytes = cached ?? printManifest(reader, listEntries(reader, list), manifestForm, targetOf);
  if (key !== undefined && !cached) manifests?.set(key, bytes);
  return bytes;
}

/** The entries by position. In the envelope of the newest era their own ids decide, and one may be missing. */
function inOrder<V>(reader: ValueReader<V>, document: V, list: V): readonly V[] {
  return listEntries(reader, list).map((_, index) => {
    const entry = manifestEntryAt(reader, document, list, index);
    if (entry !== undefined) return entry;
    throw new BagError('SEGMENT_INVALID', `the stored manifest has no segment ${index}, and cannot be written in another form`);
  });
}

const READ_INLINE = new Set(['BATCHED', 'MAP_REDUCE']);

function pointersTo<V>(reader: ValueReader<V>, site: BagSite<V>, { list }: Programs<V>, { target }: ManifestSettings<V>, uri: string | undefined): readonly JsonValue[] | undefined {
  const inline = site.inlineManifest;
  if (inline === undefined || uri === undefined) return undefined;
  if (holdsMutablePointers(reader, inline)) return withPath(reader, inline, uri);
  if (target === 'bridge' || !holdsPrograms(reader, inline) || READ_INLINE.has(textMember(reader, site.value, 'distributed_strategy') ?? '')) return undefined;
  if (listEntries(reader, inline).length === 0 || !repeatsMap(reader, inline, list)) return undefined;
  return manifestPointers(reader, list, uri).map((pointer) => ({ ...pointer }));
}

/** True for a list of pointers of which one leads to a key that another run overwrites. */
function holdsMutablePointers<V>(reader: ValueReader<V>, inline: V): boolean {
  return reader.items(inline).some((item) => reader.member(item, 'segment_config') === undefined && isMutable(detectPath(reader, item, 'manifest_s3_path')));
}

/** The same pointers with another path. Throws `BagError` when a number in them would change its spelling. */
function withPath<V>(reader: ValueReader<V>, inline: V, uri: string): readonly JsonValue[] {
  const text = new TextDecoder().decode(reader.bytes(inline));
  const pointers = JSON.parse(text) as readonly Readonly<Record<string, JsonValue>>[];
  if (formatExact(parseExact(reader.bytes(inline))) !== JSON.stringify(pointers)) {
    throw new BagError('SEGMENT_INVALID', 'segment_manifest is a list of pointers with numbers that JavaScript cannot write back as they are spelled');
  }
  return pointers.map((pointer) => (pointer.manifest_s3_path === undefined ? pointer : { ...pointer, manifest_s3_path: uri }));
}
