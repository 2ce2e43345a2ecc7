import { BagError } from '../errors/index.js';
import { appendBytes, appendNumber, uninitialised } from '../json/index.js';
import { isMutable, listMutablePaths } from './bag.js';
import type { Bag, Field } from './bag.js';
import { isMissing, isObject, textMember } from './value.js';
import type { Value } from './value.js';
import { assertNotAdded, segmentAt, listEntries, targetId } from './segments.js';

/** How a manifest is written. Readers accept both. */
export type ManifestForm = 'list' | 'envelope';

/** What a bag may keep of a manifest inline: one line a segment. */
interface ManifestPointer {
  readonly segment_index: number;
  readonly segment_id: number;
  readonly segment_type: string | null;
  readonly manifest_s3_path: string;
  readonly total_segments: number;
}

/**
 * The segment manifest of a map, in UTF-8: one entry per segment, in index order,
 * `{"segment_id", "segment_type", "segment_config", "dependencies", "execution_order", "type"}`. The program of each
 * segment goes in with the very bytes it has in the map. Throws `BagError` as `listEntries` does, and
 * `SEGMENT_INVALID` when an element, or the `segment_config` in it, is no object.
 */
export function buildManifest(map: Value, form: ManifestForm = 'list'): Uint8Array {
  return printManifest(listEntries(map), form, () => undefined);
}

/** The same of entries; what `findTarget` gives stands for a program that an entry only points to. */
export function printManifest(
  entries: readonly Value[],
  form: ManifestForm,
  findTarget: (entry: Value) => Value | undefined,
): Uint8Array {
  const segments = entries.map((entry, index) => readSegment(entry, index, findTarget(entry)));
  const opening = Buffer.from(form === 'list' ? '[' : `{"version":1,"total_segments":${segments.length},"segments":[`);
  const closing = Buffer.from(form === 'list' ? ']' : ']}');
  const bytes = uninitialised(
    segments.reduce((sum, segment) => sum + roomFor(segment), opening.length + closing.length),
  );
  let at = appendBytes(bytes, 0, opening);
  segments.forEach((segment, index) => {
    at = appendEntry(bytes, at, segment, index);
  });
  return bytes.subarray(0, appendBytes(bytes, at, closing));
}

/** What an entry of the manifest is made of: JSON text. */
interface Segment {
  readonly type: Uint8Array;
  readonly program: Uint8Array;
  readonly dependencies: Uint8Array;
}

const NULL = Buffer.from('null');
const EMPTY_LIST = Buffer.from('[]');

function readSegment(entry: Value, index: number, target: Value | undefined): Segment {
  const program = target ?? programIn(entry);
  const kind = program.kind();
  if (kind !== 'object')
    throw new BagError('SEGMENT_INVALID', `segment ${index} of partition_map is ${kind}, not an object`);
  assertNotAdded(program, `segment ${index} of partition_map`);
  const type = segmentType({ entry, program });
  const dependencies = entry.member('dependencies');
  return {
    type: type === undefined ? NULL : type.bytes(),
    program: program.bytes(),
    dependencies: isMissing(dependencies) ? EMPTY_LIST : dependencies.bytes(),
  };
}

const NEXT = Buffer.from(',');
const SEGMENT_ID = Buffer.from('{"segment_id":');
const SEGMENT_TYPE = Buffer.from(',"segment_type":');
const SEGMENT_CONFIG = Buffer.from(',"segment_config":');
const DEPENDENCIES = Buffer.from(',"dependencies":');
const EXECUTION_ORDER = Buffer.from(',"execution_order":');
const TYPE = Buffer.from(',"type":');
const END = Buffer.from('}');

const NAMES = [NEXT, SEGMENT_ID, SEGMENT_TYPE, SEGMENT_CONFIG, DEPENDENCIES, EXECUTION_ORDER, TYPE, END];

/** Bytes of an entry beside the text of the map; an index has at most 10 digits, and stands there twice. */
const AROUND_SEGMENT = 20 + NAMES.reduce((sum, name) => sum + name.length, 0);

function roomFor({ type, program, dependencies }: Segment): number {
  return 2 * type.length + program.length + dependencies.length + AROUND_SEGMENT;
}

/**
 * Piece by piece into the bytes of the whole: a manifest has hundreds of pieces, and strings of them cost three times
 * as much.
 */
function appendEntry(bytes: Uint8Array, from: number, { type, program, dependencies }: Segment, index: number): number {
  let at = index === 0 ? from : appendBytes(bytes, from, NEXT);
  at = appendNumber(bytes, appendBytes(bytes, at, SEGMENT_ID), index);
  at = appendBytes(bytes, appendBytes(bytes, at, SEGMENT_TYPE), type);
  at = appendBytes(bytes, appendBytes(bytes, at, SEGMENT_CONFIG), program);
  at = appendBytes(bytes, appendBytes(bytes, at, DEPENDENCIES), dependencies);
  at = appendNumber(bytes, appendBytes(bytes, at, EXECUTION_ORDER), index);
  at = appendBytes(bytes, appendBytes(bytes, at, TYPE), type);
  return appendBytes(bytes, at, END);
}

/** What a nested entry holds, be it null; a flat entry is its own program. */
function programIn<V extends Value>(entry: V): V {
  const nested = entry.member('segment_config');
  return nested ?? entry;
}

/**
 * Of the entry or, where it has none, of the program. An explicit null stays one: `??` would tell the two readers
 * apart.
 */
function segmentType<V extends Value>({ entry, program }: { readonly entry: V; readonly program: V }): V | undefined {
  const own = entry.member('type');
  return own ?? program.member('type');
}

/** The pointer list that stands for an inline manifest. */
export function manifestPointers(map: Value, manifestUri: string): readonly ManifestPointer[] {
  const entries = listEntries(map);
  return entries.map((entry, index) => {
    const type = segmentType({ entry, program: programIn(entry) });
    return {
      segment_index: index,
      segment_id: index,
      segment_type: type?.text() ?? null,
      manifest_s3_path: manifestUri,
      total_segments: entries.length,
    };
  });
}

/**
 * The list of entries in a stored manifest: the document itself, or the `segments` of an envelope; a dict with the
 * keys `"0"` to `"n-1"` counts as a list. `undefined` when the document has no segment or is something else: manifests
 * at undigested keys get overwritten.
 */
export function detectManifestEntries<V extends Value>(document: V): V | undefined {
  const list = document.kind() === 'array' ? document : document.member('segments');
  if (list !== undefined) return holdsSegments(list.items()) ? list : undefined;
  const entries = document.names().map((_, index) => document.member(String(index)));
  return entries.every((entry) => entry !== undefined) && holdsSegments(entries) ? document : undefined;
}

/** The form of a stored manifest; `undefined` for a dict of entries. */
export function detectForm(document: Value): ManifestForm | undefined {
  if (document.kind() === 'array') return 'list';
  return document.member('segments') === undefined ? undefined : 'envelope';
}

/**
 * The entry at an index: by position. The envelope that one era wrote leaves out entries whose blocks were too large,
 * and everything behind them moves up; there an entry's own `segment_id` decides. Throws `BagError` as `listEntries`.
 */
export function manifestEntryAt<V extends Value>(document: V, entries: V, index: number): V | undefined {
  const entry = segmentAt(entries, index);
  if (document === entries || document.member('manifest_id') === undefined) return entry;
  const readId = (candidate: V) => {
    const id = candidate.member('segment_id');
    return id === undefined ? undefined : id.number();
  };
  if (entry !== undefined && [undefined, index].includes(readId(entry))) return entry;
  return entries.items().find((candidate) => readId(candidate) === index);
}

/** Every writer gave its entries one of these, and what is in a list of other things has none. */
const SEGMENT_MEMBERS = ['segment_config', 'segment_id', 'nodes', 'node_ids', 'branches'];

/** True for entries, nulls among them. Another document may well be a list of objects, too. */
function holdsSegments(items: readonly Value[]): boolean {
  const entries = items.filter((item) => !isMissing(item));
  if (!entries.every((entry) => isObject(entry))) return false;
  return entries.some((entry) => SEGMENT_MEMBERS.some((name) => entry.member(name) !== undefined));
}

const ENTRY_MEMBERS = new Set([
  'segment_id',
  'segment_type',
  'segment_config',
  'dependencies',
  'execution_order',
  'type',
]);

/**
 * True when an inline manifest says nothing that the map does not: the same programs, byte for byte, and no member
 * that somebody added (a kernel once marked segments as skipped in place). Only then is nothing lost by shrinking it.
 */
export function repeatsMap(manifest: Value, map: Value, findTarget: (entry: Value) => Value | undefined): boolean {
  if (manifest.kind() !== 'array') return false;
  const [entries, elements] = [listEntries(manifest), listEntries(map)];
  return (
    entries.length === elements.length && entries.every((entry, index) => repeats(entry, elements[index]!, findTarget))
  );
}

function repeats(entry: Value, element: Value, findTarget: (entry: Value) => Value | undefined): boolean {
  const program = findTarget(entry) ?? entry.member('segment_config');
  if (program === undefined || !entry.names().every((name) => ENTRY_MEMBERS.has(name))) return false;
  return Buffer.compare(program.bytes(), (findTarget(element) ?? programIn(element)).bytes()) === 0;
}

const INLINE_STRATEGIES = new Set(['BATCHED', 'MAP_REDUCE']);

/** True when a Map state of the bag's strategy reads `segment_config` from the inline manifest. */
export function isReadInline(bag: Value): boolean {
  return INLINE_STRATEGIES.has(textMember(bag, 'distributed_strategy') ?? '');
}

/** True for an inline manifest of whole entries, as January's Map states read it; a list of pointers is none. */
export function holdsPrograms(manifest: Value): boolean {
  const items = manifest.items();
  return items.length > 0 && items.every((item) => item.member('segment_config') !== undefined);
}

/**
 * The path of the manifest that a bag leads to: `segment_manifest_s3_path`, else `manifest_s3_path`, else the one key
 * that all pointers of an inline list name, which a Map state passes to each segment.
 */
export function manifestSource<V extends Value>(bag: Bag<V>): Field<V> {
  const { manifestPath, manifestAlias, inlineManifest, addresses } = bag;
  if (manifestPath.state === 'pointer') return manifestPath;
  if (manifestAlias.state === 'pointer') return manifestAlias;
  const paths = inlineManifest === undefined ? [] : listMutablePaths(inlineManifest, addresses);
  const keys = new Set(paths.map((path) => (path.state === 'pointer' ? targetId(path.pointer) : '')));
  return keys.size === 1 ? paths[0]! : manifestPath;
}

/** True when that path leads to a key that a later run may write again. */
export function isManifestMutable(bag: Bag): boolean {
  return isMutable(manifestSource(bag));
}
