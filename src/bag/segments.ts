import { BagError } from '../errors.js';
import { ADDED_MARK, isAddedProgram } from './added-program.js';
import { INDEX_MEMBERS } from './members.js';
import { detectPointer, detectValuePointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import { isMissing, isObject, textMember } from './reader.js';
import type { ValueReader } from './reader.js';

/** A segment's program: its value, or the pointer that a nested entry holds in its place. */
type Program<V> = { readonly value: V } | { readonly pointer: Pointer };

/** A map or manifest value that came as a JSON string is opened; anything else is itself. */
export function openText<V>(reader: ValueReader<V>, value: V): V {
  return reader.embedded(value) ?? value;
}

/** True when a value can be a `partition_map` and holds no segment: `[]` or `{}`. */
export function isEmptyMap<V>(reader: ValueReader<V>, map: V): boolean {
  return reader.kind(map) === 'array'
    ? !reader.items(map).some((item) => !isMissing(reader, item))
    : reader.names(map).length === 0;
}

/** A map that holds a segment, opened; `undefined` for one that is absent or empty. */
export function usableMap<V>(reader: ValueReader<V>, map: V | undefined): V | undefined {
  const opened = map === undefined ? undefined : openText(reader, map);
  return opened === undefined || isEmptyMap(reader, opened) ? undefined : opened;
}

/** True for what Python takes as no value at all: `{}`, `[]`, or a map of nothing but nulls. Text is not opened. */
export function isHollow<V>(reader: ValueReader<V>, value: V): boolean {
  const kind = reader.kind(value);
  return (kind === 'object' || kind === 'array') && isEmptyMap(reader, value);
}

/** True for a `segment_config` that holds a program: an object with members. Text, even of an object, is not one. */
export function isProgram<V>(reader: ValueReader<V>, value: V | undefined): value is V {
  return isObject(reader, value) && reader.names(value).length > 0;
}

/**
 * User data that happens to be named `partition_map`: elements `{partition_id, items}` without any member of a segment.
 */
export function isContentPartition<V>(reader: ValueReader<V>, map: V): boolean {
  const items = reader.items(map);
  const segmentMembers = ['segment_config', 'nodes', 'type', 'node_ids'];
  return (
    items.length > 0 &&
    items.every(
      (item) =>
        reader.member(item, 'partition_id') !== undefined &&
        segmentMembers.every((name) => reader.member(item, name) === undefined),
    )
  );
}

/** Throws `BagError` `MAP_IS_USER_DATA` for a partition of user data. */
export function assertSegments<V>(reader: ValueReader<V>, map: V): void {
  if (!isContentPartition(reader, map)) return;
  throw new BagError(
    'MAP_IS_USER_DATA',
    'partition_map holds a partition of user data ({partition_id, items}), not segments',
  );
}

/**
 * The entries of a map in the order of their segment index. A list loses its nulls, as in the legacy reader, and the
 * ones behind move up; a dict counts only with the keys `"0"` to `"n-1"`.
 * Throws `BagError` `MAP_NOT_POSITIONAL`, `MAP_IS_USER_DATA` or `MAP_INVALID`.
 */
export function listEntries<V>(reader: ValueReader<V>, value: V): readonly V[] {
  const map = openText(reader, value);
  if (reader.kind(map) === 'array') {
    assertSegments(reader, map);
    return reader.items(map).filter((item) => !isMissing(reader, item));
  }
  if (reader.kind(map) !== 'object') {
    throw new BagError(
      'MAP_INVALID',
      `partition_map is ${reader.kind(map)}, where a list or a dict of segments was expected`,
    );
  }
  return listDictEntries(reader, map);
}

function listDictEntries<V>(reader: ValueReader<V>, map: V): readonly V[] {
  const { length } = reader.names(map);
  return Array.from({ length }, (_, index) => {
    const entry = reader.member(map, String(index));
    if (entry === undefined) {
      throw new BagError(
        'MAP_NOT_POSITIONAL',
        `partition_map is a dict of ${length} whose keys are not "0" to "${length - 1}"; which segment is which cannot be told`,
      );
    }
    return entry;
  });
}

/**
 * The entry at an index, or `undefined` when there is none. A dict is looked up by key, whatever its other keys are.
 */
export function entryAt<V>(reader: ValueReader<V>, value: V, index: number): V | undefined {
  const map = openText(reader, value);
  return reader.kind(map) === 'object' ? reader.member(map, String(index)) : listEntries(reader, map)[index];
}

/**
 * The program of an entry: the entry itself when it is flat, its `segment_config` when it is nested.
 * Throws `BagError` `SEGMENT_INVALID` for what no runner may execute.
 */
export function programOf<V>(reader: ValueReader<V>, entry: V): Program<V> {
  if (!isObject(reader, entry)) throw invalid(`an entry is ${reader.kind(entry)}, not an object`);
  const nested = reader.member(entry, 'segment_config');
  if (nested === undefined) return { value: checkedProgram(reader, entry) };
  const pointer = detectValuePointer(reader, nested);
  if (pointer) return { pointer };
  return { value: checkedProgram(reader, nested) };
}

/** A program as it may be run: a non-empty object, no pointer and no failure marker of the legacy resolver. */
export function checkedProgram<V>(reader: ValueReader<V>, program: V): V {
  if (!isObject(reader, program)) throw invalid(`segment_config is ${reader.kind(program)}, not an object`);
  if (reader.names(program).length === 0) throw invalid('segment_config is an empty object');
  const pointer = detectPointer(reader, program);
  if (pointer) throw invalid(`segment_config is a pointer (${pointer.dialect}) where a program was expected`);
  assertNotAdded(reader, program, 'segment_config');
  if (textMember(reader, program, 'type') === 'error')
    throw invalid('segment_config has type "error", the failure marker of the legacy resolver');
  return program;
}

/** Throws `BagError` `SEGMENT_IS_COPY` for a program that the shim added to an earlier event. */
export function assertNotAdded<V>(reader: ValueReader<V>, value: V, where: string): void {
  if (!isAddedProgram(reader, value)) return;
  throw new BagError(
    'SEGMENT_IS_COPY',
    `${where} is a copy of the program that the shim added to an earlier event (it has the member ${ADDED_MARK}); it is not run`,
  );
}

function invalid(message: string): BagError {
  return new BagError('SEGMENT_INVALID', message);
}

/**
 * The index a level of the event asks for, `undefined` when it names none. It is a position in the map, never the `id`
 * of a segment. Throws `BagError` `SEGMENT_INDEX_INVALID` for invalid positions: negative, fractional, a boolean,
 * text.
 */
export function parseSegmentIndex<V>(
  reader: ValueReader<V>,
  level: V,
  names: readonly string[] = INDEX_MEMBERS,
): number | undefined {
  for (const name of names) {
    const value = reader.member(level, name);
    if (!isMissing(reader, value)) return parseIndex(reader, value, name);
  }
  return undefined;
}

function parseIndex<V>(reader: ValueReader<V>, value: V, name: string): number {
  const text = reader.text(value);
  // Rows from DynamoDB carry numbers as text.
  const index = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : reader.number(value);
  if (index === undefined || !Number.isSafeInteger(index) || index < 0) {
    throw new BagError(
      'SEGMENT_INDEX_INVALID',
      `${name} is ${new TextDecoder().decode(reader.bytes(value)).slice(0, 40)}, not a position in the map`,
    );
  }
  return index;
}

/** Longer than any pointer: a key has at most 1,024 bytes. A program is not opened to find out that it is none. */
const MAX_POINTER_BYTES = 8_192;

/** The pointer that an entry of a map or manifest holds in place of its program. */
export function entryPointer<V>(reader: ValueReader<V>, entry: V): Pointer | undefined {
  const nested = reader.member(entry, 'segment_config');
  if (nested === undefined || reader.bytes(nested).length > MAX_POINTER_BYTES) return undefined;
  return detectValuePointer(reader, nested);
}

/** Names the target of a pointer. */
export function targetId({ target, md5 }: Pointer): string {
  return JSON.stringify([target?.bucket ?? null, target?.key ?? null, md5 ?? null]);
}

/** The pointers that entries of a list, a dict or an envelope hold in place of their programs. */
export function entryPointers<V>(reader: ValueReader<V>, list: V): readonly Pointer[] {
  return entriesOf(reader, list).flatMap((entry) =>
    isObject(reader, entry) ? (entryPointer(reader, entry) ?? []) : [],
  );
}

/** The programs that entries of these lists only point to, each read once. Throws what following a pointer throws. */
export async function loadTargets<V>(
  reader: ValueReader<V>,
  lists: readonly (V | undefined)[],
  load: (pointer: Pointer) => Promise<V>,
): Promise<ReadonlyMap<string, V>> {
  const targets = new Map<string, V>();
  for (const list of lists) {
    for (const pointer of list === undefined ? [] : entryPointers(reader, list)) {
      if (!targets.has(targetId(pointer))) targets.set(targetId(pointer), await load(pointer));
    }
  }
  return targets;
}

/** Of a list, a dict, or an envelope; what is none of these has none. */
function entriesOf<V>(reader: ValueReader<V>, value: V): readonly V[] {
  const list = openText(reader, value);
  if (reader.kind(list) === 'array') return reader.items(list);
  const segments = reader.member(list, 'segments');
  return segments === undefined ? reader.names(list).map((name) => reader.member(list, name)!) : reader.items(segments);
}
