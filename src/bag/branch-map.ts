import { BagError } from '../errors.js';
import { isAddedBranch } from './added-program.js';
import type { Call } from './call.js';
import { detectPointer, detectValuePointer } from './dialects/index.js';
import { entryAt, isContentPartition, isHollow, openText } from './entries.js';
import { INDEX_MEMBERS, MAP } from './members.js';
import type { Pointer } from './pointer.js';
import { parseSegmentIndex } from './segment-index.js';
import { isMissing } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

export interface BranchMap<V> {
  readonly map: V;
  /** The branch's own position; the parent's index means nothing in it. */
  readonly index: number;
}

type Load<V> = (pointer: Pointer) => Promise<V>;

/**
 * The map of a branch, when the event is a branch's: beside the bag as `partition_map`, inside `branch_config`, or in
 * the stored list of branches that a branch pointer names. Throws `BagError` `BRANCH_NOT_FOUND` when the event is a
 * branch's beside its parent's bag and leads to no map of the branch: the parent's map would be the wrong program.
 */
export async function branchMap<V>(
  reader: ValueReader<V>,
  call: Call<V>,
  load: Load<V>,
): Promise<BranchMap<V> | undefined> {
  for (const level of call.levels) {
    const map = await mapAt(reader, call, level, load);
    if (map !== undefined && isUsable(reader, map)) return { map, index: parseSegmentIndex(reader, level) ?? 0 };
    if (call.isWrapped && isBranchCall(reader, level))
      throw notFound("the call is a branch's and leads to no segment of the branch");
  }
  return undefined;
}

/** Wrong kinds are usable here, so that they are refused by name and not passed over for the parent's map. */
function isUsable<V>(reader: ValueReader<V>, map: V): boolean {
  return !isHollow(reader, map) && reader.text(map) !== '' && !isContentPartition(reader, map);
}

/** A map beside a bag is a branch's when the call says which of its segments to run, or names the branch. */
function hasOwnMap<V>(reader: ValueReader<V>, call: Call<V>, level: V): boolean {
  return (
    call.isWrapped &&
    (isBranchCall(reader, level) || INDEX_MEMBERS.some((name) => !isMissing(reader, reader.member(level, name))))
  );
}

function isBranchCall<V>(reader: ValueReader<V>, level: V): boolean {
  const config = branchConfig(reader, level);
  if (!isMissing(reader, config) && !isHollow(reader, config)) return true;
  return ['branch_id', 'branch_index'].some((name) => !isMissing(reader, reader.member(level, name)));
}

/** A copy of a program that the shim added to an earlier event is no branch. */
function branchConfig<V>(reader: ValueReader<V>, level: V): V | undefined {
  return isAddedBranch(reader, level) ? undefined : reader.member(level, 'branch_config');
}

async function mapAt<V>(reader: ValueReader<V>, call: Call<V>, level: V, load: Load<V>): Promise<V | undefined> {
  const own = hasOwnMap(reader, call, level) ? reader.member(level, MAP) : undefined;
  if (!isMissing(reader, own)) return mapOf(reader, own, load);
  const branch = branchConfig(reader, level);
  if (isMissing(reader, branch)) return undefined;
  const whole = detectValuePointer(reader, branch);
  return mapOfBranch(reader, whole ? await load(whole) : branch, load);
}

async function mapOfBranch<V>(reader: ValueReader<V>, branch: V, load: Load<V>): Promise<V | undefined> {
  const map = reader.member(branch, MAP);
  if (!isMissing(reader, map)) return mapOf(reader, map, load);
  const pointer = detectPointer(reader, branch);
  return pointer?.dialect === 'branch-pointer' ? storedBranch(reader, branch, await load(pointer)) : undefined;
}

async function mapOf<V>(reader: ValueReader<V>, map: V, load: Load<V>): Promise<V> {
  const pointer = detectValuePointer(reader, map);
  return openText(reader, pointer ? await load(pointer) : map);
}

function storedBranch<V>(reader: ValueReader<V>, branch: V, stored: V): V {
  const position = reader.member(branch, 'branch_index');
  const index = position === undefined ? undefined : reader.number(position);
  const entry = index === undefined ? undefined : entryAt(reader, stored, index);
  const map = entry === undefined ? undefined : reader.member(entry, MAP);
  if (isMissing(reader, map)) {
    throw notFound(`the stored list of branches has no map for branch ${index ?? 'without index'}`);
  }
  return map;
}

function notFound(message: string): BagError {
  return new BagError('BRANCH_NOT_FOUND', message);
}
