import { BagError } from '../errors.js';
import type { Call } from './call.js';
import { detectPointer, detectValuePointer } from './dialects/index.js';
import { entryAt, isEmptyMap, openText } from './entries.js';
import type { Pointer } from './pointer.js';
import { parseSegmentIndex } from './segment-index.js';
import { isMissing, isObject } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

export interface BranchMap<V> {
  readonly map: V;
  /** The branch's own position; the parent's index means nothing in it. */
  readonly index: number;
}

/**
 * The map of a branch, when the event is a branch's: beside the bag as `partition_map`, inside `branch_config`, or in
 * the stored list of branches that a branch pointer names. Throws `BagError` `BRANCH_NOT_FOUND` when the pointer's list
 * does not hold the branch: the parent's map would be the wrong program.
 */
export async function branchMap<V>(
  reader: ValueReader<V>,
  call: Call<V>,
  load: (pointer: Pointer) => Promise<V>,
): Promise<BranchMap<V> | undefined> {
  for (const level of call.levels) {
    const map = await mapAt(reader, call, level, load);
    if (map !== undefined && !isEmptyMap(reader, map)) return { map, index: parseSegmentIndex(reader, level) ?? 0 };
  }
  return undefined;
}

async function mapAt<V>(
  reader: ValueReader<V>,
  call: Call<V>,
  level: V,
  load: (pointer: Pointer) => Promise<V>,
): Promise<V | undefined> {
  const own = call.isWrapped ? reader.member(level, 'partition_map') : undefined;
  if (!isMissing(reader, own)) {
    const pointer = detectValuePointer(reader, own);
    return openText(reader, pointer ? await load(pointer) : own);
  }
  const branch = reader.member(level, 'branch_config');
  if (!isObject(reader, branch)) return undefined;
  const inline = reader.member(branch, 'partition_map');
  if (!isMissing(reader, inline)) return openText(reader, inline);
  const pointer = detectPointer(reader, branch);
  return pointer?.dialect === 'branch-pointer' ? storedBranch(reader, branch, await load(pointer)) : undefined;
}

function storedBranch<V>(reader: ValueReader<V>, branch: V, stored: V): V {
  const position = reader.member(branch, 'branch_index');
  const index = position === undefined ? undefined : reader.number(position);
  const entry = index === undefined ? undefined : entryAt(reader, stored, index);
  const map = entry === undefined ? undefined : reader.member(entry, 'partition_map');
  if (isMissing(reader, map)) {
    throw new BagError('BRANCH_NOT_FOUND', `the stored list of branches has no map for branch ${index ?? 'without index'}`);
  }
  return map;
}
