import { detectPointer } from '../bag/pointers.js';
import { cutConfig } from '../bag/sources.js';
import { isMissing, isObject, textMember } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { BagError, IntegrityError } from '../errors/index.js';
import {
  countMembers,
  FIRST,
  getMember,
  isPointer,
  isTruthy,
  listItems,
  OldFailure,
  parseIndex,
} from './old-values.js';
import type { Load, OldIndex, OldValue } from './old-values.js';

/*
 * The rules of the old runner of the last release before state bags became lean, as its code has them: an independent
 * implementation, which shares nothing with `resolveSegment` but the partitioner. What the runner does to a program
 * afterwards (empty lists in place of null, `code` nodes as `operator` nodes) is the same for every source.
 */

/** What the old runner does with an event. */
export type OldAnswer<V extends Value = Value> =
  | {
      readonly kind: 'segment';
      readonly segment: V;
      /** As the event has it; `undefined` where the event carries the program itself. */
      readonly index: number | undefined;
      readonly source: OldSource;
    }
  /** It runs what is not a segment. */
  | { readonly kind: 'forbidden'; readonly code: 'OLD_RUNS_WHOLE_CONFIG' | 'OLD_RUNS_POINTER'; readonly reason: string }
  /** It ends with an error, or with a result that says so. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** It runs no segment for this event. */
  | { readonly kind: 'none'; readonly reason: string };

export type OldSource = 'event' | 'map' | 'branch-map' | 'map-path' | 'config';

/**
 * What the old runner does with an event. Throws what following a pointer throws, when the store does not give what the
 * old runner would have read: then its answer is not known.
 *
 * @example
 *     const answer = await applyOldRules(readDocument(bytes), (pointer) => loadValue(pointer));
 */
export async function applyOldRules<V extends Value>(event: V, load: Load<V>): Promise<OldAnswer<V>> {
  try {
    return await runEvent(event, refusingDamage(load));
  } catch (error) {
    if (error instanceof OldFailure) return { kind: 'failed', reason: error.message };
    throw error;
  }
}

/** The old reader compares checksums and parses JSON too, and ends with an error. */
function refusingDamage<V extends Value>(load: Load<V>): Load<V> {
  return async (pointer) => {
    try {
      return await load(pointer);
    } catch (error) {
      const isDamage = error instanceof IntegrityError && error.code === 'CHECKSUM_MISMATCH';
      if (isDamage || (error instanceof BagError && /^JSON_|^INVALID_UTF8$/.test(error.code)))
        throw new OldFailure(error.message);
      throw error;
    }
  };
}

async function runEvent<V extends Value>(root: V, load: Load<V>): Promise<OldAnswer<V>> {
  const event = hydrate(root);
  if (textMember(event.value, 'segment_type') === 'aggregator')
    return { kind: 'none', reason: 'segment_type is aggregator' };
  const branch = await getMember(event, 'branch_config', load);
  if (isTruthy(branch) && (await startsChild(branch, load)))
    return { kind: 'none', reason: 'branch_config asks for a child execution' };
  const asked = (await getMember(event, 'segment_id', load)) ?? (await getMember(event, 'segment_to_run', load));
  const index = asked === undefined ? FIRST : parseIndex(asked.value);
  const bag = await openBag(event, load);
  const config = await getMember(bag, 'workflow_config', load);
  const map = await getMember(bag, 'partition_map', load);
  const path = await getMember(bag, 'partition_map_s3_path', load);
  const mode = (await getMember(bag, 'execution_mode', load))?.value.text();
  const own = isTruthy(map) ? undefined : await branchMap(branch, load);
  const direct = await getMember(event, 'segment_config', load);
  if (isTruthy(direct) && (mode === 'MAP_REDUCE' || mode === 'BATCHED'))
    return toAnswer(direct.value, undefined, 'event');
  const stored = isTruthy(map) || own ? undefined : await loadMap(path, load);
  const [found, source] = own
    ? [own, 'branch-map' as const]
    : stored
      ? [stored, 'map-path' as const]
      : [map, 'map' as const];
  return resolve({ config, map: found, source, index }, load);
}

/** The event is its `state_data`; what is next to it is lost. */
function hydrate<V extends Value>(root: V): OldValue<V> {
  if (root.kind() !== 'object') throw new OldFailure(`the event is ${root.kind()}`);
  const inner = root.member('state_data');
  const event = { value: isMissing(inner) ? root : inner, isWrapped: true };
  if (isTruthy(event) && event.value.kind() !== 'object') throw new OldFailure(`state_data is ${event.value.kind()}`);
  if (countMembers(event) === 0) throw new OldFailure('the hydrated event has no member');
  return event;
}

/** `state_data.bag` of the hydrated event, else its `state_data`, else itself. */
async function openBag<V extends Value>(event: OldValue<V>, load: Load<V>): Promise<OldValue<V>> {
  const inner = await getMember(event, 'state_data', load);
  if (inner === undefined || !isObject(inner.value)) return event;
  const bag = await getMember(inner, 'bag', load);
  if (bag !== undefined && isObject(bag.value)) return bag;
  return isTruthy(inner) ? inner : event;
}

/** More nodes than this go to an execution of their own. */
const MOST_NODES = 20;

async function startsChild<V extends Value>(branch: OldValue<V>, load: Load<V>): Promise<boolean> {
  if (branch.value.kind() !== 'object') throw new OldFailure(`branch_config is ${branch.value.kind()}`);
  const nodes = await getMember(branch, 'nodes', load);
  if (isTruthy(await getMember(branch, 'hitp', load))) return true;
  const items = nodes === undefined ? [] : listItems(nodes);
  if (items.length > MOST_NODES) return true;
  for (const value of items.filter(isObject))
    if (isTruthy(await getMember({ value, isWrapped: true }, 'hitp', load))) return true;
  return false;
}

async function branchMap<V extends Value>(branch: OldValue<V> | undefined, load: Load<V>) {
  const map = isTruthy(branch) && isObject(branch.value) ? await getMember(branch, 'partition_map', load) : undefined;
  if (!isTruthy(map)) return undefined;
  if (['number', 'boolean', 'nonfinite'].includes(map.value.kind()))
    throw new OldFailure(`branch_config.partition_map is ${map.value.kind()}`);
  return map;
}

/** A path that cannot be read is no error there, but here its content is not known. */
async function loadMap<V extends Value>(
  path: OldValue<V> | undefined,
  load: Load<V>,
): Promise<OldValue<V> | undefined> {
  const text = path?.value.text();
  if (text === undefined || text === '') return undefined;
  const [bucket = '', ...rest] = text.replaceAll('s3://', '').split('/');
  const key = rest.join('/');
  if (bucket === '' || key === '') return undefined;
  try {
    const map = { value: await load({ dialect: 's3-path', target: { bucket, key } }), isWrapped: false };
    return isTruthy(map) ? map : undefined;
  } catch (error) {
    if (error instanceof OldFailure) return undefined;
    throw error;
  }
}

interface Question<V extends Value> {
  readonly config: OldValue<V> | undefined;
  readonly map: OldValue<V> | undefined;
  readonly source: OldSource;
  readonly index: OldIndex;
}

async function resolve<V extends Value>(
  { config, map, source, index }: Question<V>,
  load: Load<V>,
): Promise<OldAnswer<V>> {
  if (!isTruthy(config) && !isTruthy(map)) throw new OldFailure('workflow_config is None');
  if (!isTruthy(map)) return fromConfig(config!, index);
  const entry = await findEntry(map, index, load);
  if (entry === 'none') {
    if (!isTruthy(config)) throw new OldFailure('workflow_config is None');
    return wholeConfig(index, 'the map has no such segment');
  }
  const segment = await openEntry(entry, load);
  if (isTruthy(config) && segment !== entry) assertNested(segment, map.value.kind() === 'array');
  return toAnswer(segment?.value, index, source);
}

/** The old runner cuts the config again at every step. */
function fromConfig<V extends Value>({ value: config }: OldValue<V>, index: OldIndex): OldAnswer<V> {
  if (config.kind() !== 'object') throw new OldFailure(`workflow_config is ${config.kind()}, not an object`);
  // Without nodes there is nothing to cut, and that is no error.
  const { map, error } = isMissing(config.member('nodes')) ? {} : cutConfig(config);
  if (error) throw new OldFailure(error.message);
  const segment = itemAt(map?.items() ?? [], index);
  return segment === undefined ? wholeConfig(index, 'it gives no such segment') : toAnswer(segment, index, 'config');
}

/** `none` where the old runner goes on with the whole config. */
async function findEntry<V extends Value>(
  map: OldValue<V>,
  index: OldIndex,
  load: Load<V>,
): Promise<OldValue<V> | undefined | 'none'> {
  const { value, isWrapped } = map;
  if (value.kind() === 'array') {
    const item = itemAt(listItems(map), index);
    return item === undefined ? 'none' : { value: item, isWrapped };
  }
  const { key } = index;
  if (!isObject(value) || key === undefined || value.member(key) === undefined) return 'none';
  return getMember(map, key, load);
}

/** `0 <= index < len(list)` and `list[index]`. */
function itemAt<V extends Value>(items: readonly V[], index: OldIndex): V | undefined {
  if (index.kind === 'other') throw new OldFailure('the segment index is not a number');
  const isInside = index.number >= 0 && index.number < items.length;
  if (isInside && index.kind === 'float') throw new OldFailure(`a list has no position ${index.key}`);
  return isInside ? items[index.number] : undefined;
}

/** The `segment_config` of a nested entry. A pointer that is an item of a list is not followed. */
async function openEntry<V extends Value>(
  entry: OldValue<V> | undefined,
  load: Load<V>,
): Promise<OldValue<V> | undefined> {
  if (entry === undefined || !isObject(entry.value) || entry.value.member('segment_config') === undefined) return entry;
  return getMember({ ...entry, isWrapped: entry.isWrapped && !isPointer(entry.value) }, 'segment_config', load);
}

/** The old runner writes the names of the nodes into its log. */
function assertNested(segment: OldValue | undefined, isList: boolean): void {
  if (segment === undefined || !isObject(segment.value)) throw new OldFailure('segment_config is not an object');
  const nodes = segment.value.member('nodes');
  if (!isList || nodes === undefined || (segment.isWrapped && isMissing(nodes))) return;
  const isReadable =
    nodes.kind() === 'array' && listItems({ ...segment, value: nodes }).every((node) => isObject(node));
  if (!isReadable) throw new OldFailure('nodes of segment_config is not a list of objects');
}

function toAnswer<V extends Value>(
  segment: V | undefined,
  index: OldIndex | undefined,
  source: OldSource,
): OldAnswer<V> {
  if (segment?.kind() !== 'object') throw new OldFailure(`segment_config is ${segment?.kind() ?? 'None'}`);
  if (segment.names().length === 0) throw new OldFailure('segment_config is empty');
  if (textMember(segment, 'type') === 'error') throw new OldFailure('segment_config has the type error');
  const pointer = detectPointer(segment);
  if (pointer)
    return {
      kind: 'forbidden',
      code: 'OLD_RUNS_POINTER',
      reason: `the old runner runs a pointer (${pointer.dialect}) as if it were the program`,
    };
  const position = index === undefined || index.kind === 'other' ? Number(index?.key ?? NaN) : index.number;
  return { kind: 'segment', segment, index: Number.isNaN(position) ? undefined : position, source };
}

function wholeConfig({ key = 'an object' }: OldIndex, why: string): OldAnswer<never> {
  return {
    kind: 'forbidden',
    code: 'OLD_RUNS_WHOLE_CONFIG',
    reason: `segment ${key}: ${why}, and the old runner runs the whole workflow_config as one segment`,
  };
}
