import { BagError } from '../errors.js';
import { appendBytes, appendNumber, uninitialised } from '../json/index.js';
import { assertNotAdded, entryAt, listEntries } from './entries.js';
import { isMissing, isObject } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

/** How a manifest is written. Readers accept both. */
export type ManifestForm = 'list' | 'envelope';

/** What a bag may keep of a manifest inline: one line a segment. */
export interface ManifestPointer {
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
export function buildManifest<V>(reader: ValueReader<V>, map: V, form: ManifestForm = 'list'): Uint8Array {
  return printManifest(reader, listEntries(reader, map), form, () => undefined);
}

/** The same of entries; what `targetOf` gives stands for a program that an entry only points to. */
export function printManifest<V>(
  reader: ValueReader<V>,
  entries: readonly V[],
  form: ManifestForm,
  targetOf: (entry: V) => V | undefined,
): Uint8Array {
  const segments = entries.map((entry, index) => readSegment(reader, entry, index, targetOf(entry)));
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

function readSegment<V>(reader: ValueReader<V>, entry: V, index: number, target: V | undefined): Segment {
  const program = target ?? programIn(reader, entry);
  if (!isObject(reader, program)) {
    throw new BagError(
      'SEGMENT_INVALID',
      `segment ${index} of partition_map is ${reader.kind(program)}, not an object`,
    );
  }
  assertNotAdded(reader, program, `segment ${index} of partition_map`);
  const type = segmentType(reader, { entry, program });
  const dependencies = reader.member(entry, 'dependencies');
  return {
    type: type === undefined ? NULL : reader.bytes(type),
    program: reader.bytes(program),
    dependencies: isMissing(reader, dependencies) ? EMPTY_LIST : reader.bytes(dependencies),
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
function programIn<V>(reader: ValueReader<V>, entry: V): V {
  const nested = reader.member(entry, 'segment_config');
  return nested === undefined ? entry : nested;
}

/**
 * Of the entry or, where it has none, of the program. An explicit null stays one: `??` would tell the two readers
 * apart.
 */
function segmentType<V>(
  reader: ValueReader<V>,
  { entry, program }: { readonly entry: V; readonly program: V },
): V | undefined {
  const own = reader.member(entry, 'type');
  return own === undefined ? reader.member(program, 'type') : own;
}

/** The pointer list that stands for an inline manifest. */
export function manifestPointers<V>(reader: ValueReader<V>, map: V, manifestUri: string): readonly ManifestPointer[] {
  const entries = listEntries(reader, map);
  return entries.map((entry, index) => {
    const type = segmentType(reader, { entry, program: programIn(reader, entry) });
    return {
      segment_index: index,
      segment_id: index,
      segment_type: (type && reader.text(type)) ?? null,
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
export function detectManifestEntries<V>(reader: ValueReader<V>, document: V): V | undefined {
  const list = reader.kind(document) === 'array' ? document : reader.member(document, 'segments');
  if (list !== undefined) return holdsSegments(reader, reader.items(list)) ? list : undefined;
  const entries = reader.names(document).map((_, index) => reader.member(document, String(index)));
  return entries.every((entry) => entry !== undefined) && holdsSegments(reader, entries) ? document : undefined;
}

/** The form of a stored manifest; `undefined` for a dict of entries. */
export function formOf<V>(reader: ValueReader<V>, document: V): ManifestForm | undefined {
  if (reader.kind(document) === 'array') return 'list';
  return reader.member(document, 'segments') === undefined ? undefined : 'envelope';
}

/**
 * The entry at an index: by position. The envelope that one era wrote leaves out entries whose blocks were too large,
 * and everything behind them moves up; there an entry's own `segment_id` decides. Throws `BagError` as `listEntries`.
 */
export function manifestEntryAt<V>(reader: ValueReader<V>, document: V, entries: V, index: number): V | undefined {
  const entry = entryAt(reader, entries, index);
  if (document === entries || reader.member(document, 'manifest_id') === undefined) return entry;
  const idOf = (candidate: V) => {
    const id = reader.member(candidate, 'segment_id');
    return id === undefined ? undefined : reader.number(id);
  };
  if (entry !== undefined && [undefined, index].includes(idOf(entry))) return entry;
  return reader.items(entries).find((candidate) => idOf(candidate) === index);
}

/** Every writer gave its entries one of these, and what is in a list of other things has none. */
const SEGMENT_MEMBERS = ['segment_config', 'segment_id', 'nodes', 'node_ids', 'branches'];

/** True for entries, nulls among them. Another document may well be a list of objects, too. */
function holdsSegments<V>(reader: ValueReader<V>, items: readonly V[]): boolean {
  const entries = items.filter((item) => !isMissing(reader, item));
  if (!entries.every((entry) => isObject(reader, entry))) return false;
  return entries.some((entry) => SEGMENT_MEMBERS.some((name) => reader.member(entry, name) !== undefined));
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
export function repeatsMap<V>(
  reader: ValueReader<V>,
  manifest: V,
  map: V,
  targetOf: (entry: V) => V | undefined,
): boolean {
  if (reader.kind(manifest) !== 'array') return false;
  const [entries, elements] = [listEntries(reader, manifest), listEntries(reader, map)];
  return (
    entries.length === elements.length &&
    entries.every((entry, index) => repeats(reader, entry, elements[index]!, targetOf))
  );
}

function repeats<V>(reader: ValueReader<V>, entry: V, element: V, targetOf: (entry: V) => V | undefined): boolean {
  const program = targetOf(entry) ?? reader.member(entry, 'segment_config');
  if (program === undefined || !reader.names(entry).every((name) => ENTRY_MEMBERS.has(name))) return false;
  return Buffer.compare(reader.bytes(program), reader.bytes(targetOf(element) ?? programIn(reader, element))) === 0;
}

/** True for an inline manifest of whole entries, as January's Map states read it; a list of pointers is none. */
export function holdsPrograms<V>(reader: ValueReader<V>, manifest: V): boolean {
  const items = reader.items(manifest);
  return items.length > 0 && items.every((item) => reader.member(item, 'segment_config') !== undefined);
}
