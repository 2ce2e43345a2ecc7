import { BagError } from '../errors.js';
import { entryAt, listEntries } from './entries.js';
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

const encoder = new TextEncoder();
const NULL = encoder.encode('null');
const EMPTY_LIST = encoder.encode('[]');

/**
 * The segment manifest of a map, in UTF-8: one entry per segment, in index order,
 * `{"segment_id", "segment_type", "segment_config", "dependencies", "execution_order", "type"}`. The program of each
 * segment goes in with the very bytes it has in the map. Throws `BagError` as `listEntries` does, and
 * `SEGMENT_INVALID` when an element is no object.
 */
export function buildManifest<V>(reader: ValueReader<V>, map: V, form: ManifestForm = 'list'): Uint8Array {
  const entries = listEntries(reader, map);
  const parts: Uint8Array[] = [encoder.encode(form === 'list' ? '[' : `{"version":1,"total_segments":${entries.length},"segments":[`)];
  entries.forEach((entry, index) => {
    if (!isObject(reader, entry)) {
      throw new BagError('SEGMENT_INVALID', `segment ${index} of partition_map is ${reader.kind(entry)}, not an object`);
    }
    pushEntry(parts, reader, entry, index);
  });
  parts.push(encoder.encode(form === 'list' ? ']' : ']}'));
  return Buffer.concat(parts);
}

function pushEntry<V>(parts: Uint8Array[], reader: ValueReader<V>, entry: V, index: number): void {
  const nested = reader.member(entry, 'segment_config');
  const type = segmentType(reader, entry);
  const typeText = type === undefined ? NULL : reader.bytes(type);
  const dependencies = reader.member(entry, 'dependencies');
  parts.push(
    encoder.encode(`${index === 0 ? '' : ','}{"segment_id":${index},"segment_type":`),
    typeText,
    encoder.encode(',"segment_config":'),
    reader.bytes(nested ?? entry),
    encoder.encode(',"dependencies":'),
    isMissing(reader, dependencies) ? EMPTY_LIST : reader.bytes(dependencies),
    encoder.encode(`,"execution_order":${index},"type":`),
    typeText,
    encoder.encode('}'),
  );
}

function segmentType<V>(reader: ValueReader<V>, entry: V): V | undefined {
  const own = reader.member(entry, 'type');
  if (own !== undefined) return own;
  const nested = reader.member(entry, 'segment_config');
  return nested === undefined ? undefined : reader.member(nested, 'type');
}

/** The pointer list that stands for an inline manifest. */
export function manifestPointers<V>(reader: ValueReader<V>, map: V, manifestUri: string): readonly ManifestPointer[] {
  const entries = listEntries(reader, map);
  return entries.map((entry, index) => {
    const type = segmentType(reader, entry);
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
 * keys `"0"` to `"n-1"` counts as a list. `undefined` when the document is something else: manifests at undigested
 * keys get overwritten.
 */
export function detectManifestEntries<V>(reader: ValueReader<V>, document: V): V | undefined {
  if (reader.kind(document) === 'array') return isListOfObjects(reader, document) ? document : undefined;
  const segments = reader.member(document, 'segments');
  if (segments !== undefined) return reader.kind(segments) === 'array' ? segments : undefined;
  const names = reader.names(document);
  return names.length > 0 && names.every((_, index) => reader.member(document, String(index)) !== undefined) ? document : undefined;
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

function isListOfObjects<V>(reader: ValueReader<V>, list: V): boolean {
  return reader.items(list).every((item) => isMissing(reader, item) || isObject(reader, item));
}

const ENTRY_MEMBERS = new Set(['segment_id', 'segment_type', 'segment_config', 'dependencies', 'execution_order', 'type']);

/**
 * True when an inline manifest says nothing that the map does not: the same programs, byte for byte, and no member
 * that somebody added (a kernel once marked segments as skipped in place). Only then is nothing lost by shrinking it.
 */
export function repeatsMap<V>(reader: ValueReader<V>, manifest: V, map: V): boolean {
  if (reader.kind(manifest) !== 'array') return false;
  const [entries, elements] = [listEntries(reader, manifest), listEntries(reader, map)];
  return entries.length === elements.length && entries.every((entry, index) => repeats(reader, entry, elements[index]!));
}

function repeats<V>(reader: ValueReader<V>, entry: V, element: V): boolean {
  const program = reader.member(entry, 'segment_config');
  if (program === undefined || !reader.names(entry).every((name) => ENTRY_MEMBERS.has(name))) return false;
  return Buffer.compare(reader.bytes(program), reader.bytes(reader.member(element, 'segment_config') ?? element)) === 0;
}
