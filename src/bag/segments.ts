import { BagError } from '../errors/index.js';
import { ADDED_MARK, isAddedProgram, INDEX_MEMBERS, MAP } from './members.js';
import { detectPointer, detectValuePointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import { isMissing, isObject, textMember } from './value.js';
import type { Value } from './value.js';

/** A segment's program: its value, or the pointer that a nested entry holds in its place. */
type Program<V extends Value = Value> = { readonly value: V } | { readonly pointer: Pointer };

/** The value in a JSON string, for a map, manifest or config that came as text; any other value is itself. */
export function parseIfJsonString<V extends Value>(value: V): V {
  return value.embedded() ?? value;
}

/** True when a value can be a `partition_map` and holds no segment: `[]` or `{}`. */
export function isEmptyMap(map: Value): boolean {
  return map.kind() === 'array' ? !map.items().some((item) => !isMissing(item)) : map.names().length === 0;
}

/** A map that holds a segment, opened; `undefined` for one that is absent or empty. */
export function usableMap<V extends Value>(map: V | undefined): V | undefined {
  const opened = map === undefined ? undefined : parseIfJsonString(map);
  return opened === undefined || isEmptyMap(opened) ? undefined : opened;
}

/** True for an empty value in Python: `{}`, `[]`, or a map of nothing but nulls. Text is not opened. */
export function isEmptyContainer(value: Value): boolean {
  const kind = value.kind();
  return (kind === 'object' || kind === 'array') && isEmptyMap(value);
}

/** True for a `segment_config` that holds a program: an object with members. Text, even of an object, is not one. */
export function isProgram<V extends Value>(value: V | undefined): value is V {
  return isObject(value) && value.names().length > 0;
}

/**
 * User data that happens to be named `partition_map`: elements `{partition_id, items}` without any member of a segment.
 */
export function isContentPartition(map: Value): boolean {
  const items = map.items();
  const segmentMembers = ['segment_config', 'nodes', 'type', 'node_ids'];
  return (
    items.length > 0 &&
    items.every(
      (item) =>
        item.member('partition_id') !== undefined && segmentMembers.every((name) => item.member(name) === undefined),
    )
  );
}

/** Throws `BagError` `MAP_IS_USER_DATA` for a partition of user data. */
export function assertSegments(map: Value): void {
  if (!isContentPartition(map)) return;
  throw new BagError(
    'MAP_IS_USER_DATA',
    'partition_map holds a partition of user data ({partition_id, items}), not segments',
  );
}

/**
 * Throws `BagError` `MAP_HAS_NULLS` for a map with null in place of a segment, and for a program with such a map in one
 * of its branches. Old readers count a null inline and leave it out in the object store, or the other way round.
 */
export function assertNoNulls(value: Value, where: string = MAP): void {
  const map = parseIfJsonString(value);
  const { buffer, byteOffset, length } = map.bytes();
  const text = Buffer.from(buffer, byteOffset, length);
  // Text of a map in a branch may spell its nulls with escapes.
  if (!text.includes('null') && !text.includes('\\u00')) return;
  const entries =
    map.kind() === 'array'
      ? map.items().map((entry, index) => [String(index), entry] as const)
      : map.names().map((name) => [name, map.member(name)!] as const);
  for (const [name, entry] of entries) {
    if (isMissing(entry)) throw hasNulls(`${where}/${name}`);
    assertBranchesWithoutNulls(entry.member('segment_config') ?? entry, `${where}/${name}`);
  }
}

/** The same for the maps in the branches of one program. */
export function assertBranchesWithoutNulls(program: Value, where: string): void {
  const branches = program.member('branches')?.items() ?? [];
  branches.forEach((branch, index) => {
    const map = branch.member(MAP);
    if (map === undefined || detectValuePointer(map)) return;
    assertNoNulls(map, `${where}/branches/${index}/${MAP}`);
  });
}

function hasNulls(where: string): BagError {
  return new BagError(
    'MAP_HAS_NULLS',
    `${where} is null, where a segment was expected; old readers count a null in the bag and from the object store differently, so a migration could change which segment runs next. ` +
      'Let the execution end before you migrate its bag, or remove the nulls if its readers count without them',
  );
}

/**
 * The entries of a map in the order of their segment index. A list loses its nulls, as in the legacy reader, and the
 * ones behind move up; a dict counts only with the keys `"0"` to `"n-1"`.
 * Throws `BagError` `MAP_NOT_POSITIONAL`, `MAP_IS_USER_DATA` or `MAP_INVALID`.
 */
export function listEntries<V extends Value>(value: V): readonly V[] {
  const map = parseIfJsonString(value);
  if (map.kind() === 'array') {
    assertSegments(map);
    return map.items().filter((item) => !isMissing(item));
  }
  if (map.kind() !== 'object') {
    throw new BagError(
      'MAP_INVALID',
      `partition_map is ${map.kind()}, where a list or a dict of segments was expected`,
    );
  }
  return listDictEntries(map);
}

/** Throws `BagError` as `listEntries` does: `verify` compares segments by position, in every form of the bag. */
export function assertPositional(map: Value): void {
  listEntries(map);
}

function listDictEntries<V extends Value>(map: V): readonly V[] {
  const { length } = map.names();
  return Array.from({ length }, (_, index) => {
    const entry = map.member(String(index));
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
 * The segment at an index, or `undefined` when there is none. A dict is looked up by key, whatever its other keys are.
 */
export function segmentAt<V extends Value>(value: V, index: number): V | undefined {
  const map = parseIfJsonString(value);
  return map.kind() === 'object' ? map.member(String(index)) : listEntries(map)[index];
}

/**
 * The program of a segment: the entry itself when it is flat, its `segment_config` when it is nested.
 * Throws `BagError` `SEGMENT_INVALID` for what no runner may execute.
 */
export function segmentProgram<V extends Value>(entry: V): Program<V> {
  const kind = entry.kind();
  if (kind !== 'object') throw invalid(`an entry is ${kind}, not an object`);
  const nested = entry.member('segment_config');
  if (nested === undefined) return { value: checkedProgram(entry) };
  const pointer = detectValuePointer(nested);
  if (pointer) return { pointer };
  return { value: checkedProgram(nested) };
}

/** A program as it may be run: a non-empty object, no pointer and no failure marker of the legacy resolver. */
export function checkedProgram<V extends Value>(program: V): V {
  const kind = program.kind();
  if (kind !== 'object') throw invalid(`segment_config is ${kind}, not an object`);
  if (program.names().length === 0) throw invalid('segment_config is an empty object');
  const pointer = detectPointer(program);
  if (pointer) throw invalid(`segment_config is a pointer (${pointer.dialect}) where a program was expected`);
  assertNotAdded(program, 'segment_config');
  if (textMember(program, 'type') === 'error')
    throw invalid('segment_config has type "error", the failure marker of the legacy resolver');
  return program;
}

/** Throws `BagError` `SEGMENT_IS_COPY` for a program that the shim added to an earlier event. */
export function assertNotAdded(value: Value, where: string): void {
  if (!isAddedProgram(value)) return;
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
export function parseSegmentIndex(level: Value, names: readonly string[] = INDEX_MEMBERS): number | undefined {
  for (const name of names) {
    const value = level.member(name);
    if (!isMissing(value)) return parseIndex(value, name);
  }
  return undefined;
}

function parseIndex(value: Value, name: string): number {
  const text = value.text();
  // Rows from DynamoDB carry numbers as text.
  const index = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : value.number();
  if (index === undefined || !Number.isSafeInteger(index) || index < 0) {
    throw new BagError(
      'SEGMENT_INDEX_INVALID',
      `${name} is ${new TextDecoder().decode(value.bytes()).slice(0, 40)}, not a position in the map`,
    );
  }
  return index;
}

/** Longer than any pointer: a key has at most 1,024 bytes. A program is not opened to find out that it is none. */
const MAX_POINTER_BYTES = 8_192;

/** The pointer that an entry of a map or manifest holds in place of its program. */
export function entryPointer(entry: Value): Pointer | undefined {
  const nested = entry.member('segment_config');
  if (nested === undefined || nested.bytes().length > MAX_POINTER_BYTES) return undefined;
  return detectValuePointer(nested);
}

/** Names the target of a pointer. */
export function targetId({ target, md5 }: Pointer): string {
  return JSON.stringify([target?.bucket ?? null, target?.key ?? null, md5 ?? null]);
}

/** The pointers that entries of a list, a dict or an envelope hold in place of their programs. */
export function entryPointers(list: Value): readonly Pointer[] {
  return listRawEntries(list).flatMap((entry) => (isObject(entry) ? (entryPointer(entry) ?? []) : []));
}

/** The programs that entries of these lists only point to, each read once. Throws what following a pointer throws. */
export async function loadTargets<V extends Value>(
  lists: readonly (V | undefined)[],
  load: (pointer: Pointer) => Promise<V>,
): Promise<ReadonlyMap<string, V>> {
  const targets = new Map<string, V>();
  for (const list of lists) {
    for (const pointer of list === undefined ? [] : entryPointers(list)) {
      if (!targets.has(targetId(pointer))) targets.set(targetId(pointer), await load(pointer));
    }
  }
  return targets;
}

/** Of a list, a dict, or an envelope; what is none of these has none. */
function listRawEntries<V extends Value>(value: V): readonly V[] {
  const list = parseIfJsonString(value);
  if (list.kind() === 'array') return list.items();
  const segments = list.member('segments');
  return segments === undefined ? list.names().map((name) => list.member(name)!) : segments.items();
}
