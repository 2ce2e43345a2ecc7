import { Bag } from '../bag/bag.js';
import { listEntries } from '../bag/segments.js';
import { ObjectValue, isMembers } from '../bag/value.js';
import { partitionWorkflow } from '../partition/index.js';
import { sha256Hex } from '../store/address.js';
import { assertLeanBag } from '../validate/lean-bag.js';
import type { LeanStateBag } from '../validate/lean-bag.js';
import { planFit } from './budget.js';
import { createState, readDocument, storeBlobs } from './context.js';
import { ObjectForm } from './object-form.js';
import type { ShimOptions, StoreSource } from './options.js';
import { jsonBytes } from './plain-values.js';
import { applyRewrite, planRewrite, storeRewrite } from './rewrite.js';
import { assertKnown, parseOptions } from './settings.js';
import type { JsonMembers } from '../bag/value.js';

/** What an initialiser knows when an execution begins. */
export interface LeanBagInput {
  readonly ownerId: string;
  readonly workflowId: string;
  readonly workflowConfig: JsonMembers;
  /**
   * A list of segments, or a dict of them by position. Default: cut from the config as the legacy partitioner cuts it.
   */
  readonly partitionMap?: unknown;
  /**
   * Further members of the bag, or others than the defaults; those that lead to the program are not taken from here.
   */
  readonly bag?: JsonMembers;
}

export interface BuildOptions extends Pick<ShimOptions, 'layout' | 'manifest' | 'clock' | 'budget' | 'offload'> {
  readonly signal?: AbortSignal;
}

/**
 * The bag that an execution starts with: config, map and manifest stored, pointers to them, and every member that the
 * state machines read, with the counts of the map. Throws `BagError` (`WORKFLOW_*`, `MAP_*`, `SEGMENT_INVALID`,
 * `ID_INVALID`, `OWNER_MISMATCH` when `bag` names another owner or workflow), `SchemaError` `BAG_INVALID` when `bag`
 * spoils a member, and what the store throws. The bag is held to the budget: a large `current_state` is stored like
 * that of an answer, or the error is `PAYLOAD_TOO_LARGE`. A bag that is refused leaves no blob. A name that neither the
 * input nor the options have is the `ConfigError` `OPTION_UNKNOWN`.
 *
 * @example
 *     const bag = await buildLeanBag({ ownerId: 'acme', workflowId: 'invoices', workflowConfig }, store);
 */
export async function buildLeanBag(
  input: LeanBagInput,
  store: StoreSource,
  options: BuildOptions = {},
): Promise<LeanStateBag> {
  assertKnown('the input of buildLeanBag', input);
  assertKnown('the options of buildLeanBag', options);
  const { signal, ...shimOptions } = options;
  const { ownerId, workflowId, workflowConfig } = input;
  const settings = parseOptions({ ...shimOptions, store, mode: 'rewrite' });
  const state = createState<ObjectValue, ObjectForm>(
    settings,
    (blobs, cacheBytes) => new ObjectForm(blobs, cacheBytes),
  );
  const map: unknown = input.partitionMap ?? partitionWorkflow(workflowConfig).partitionMap;
  const fat = {
    ...initialMembers(input, map, settings.clock),
    ...input.bag,
    ownerId,
    workflowId,
    ...PROGRAM_FREE,
    workflow_config: workflowConfig,
    partition_map: map,
  };
  const whole = state.form.open(withoutUndefined(fat));
  const document = readDocument(whole, state);
  document.assertOneOwner();
  const deadline = { signal: () => signal, dispose: () => undefined };
  const ids = { ownerId, workflowId };
  const context = {
    state,
    ids,
    mode: 'rewrite',
    side: 'result',
    deadline,
    optional: deadline,
    outside: () => [],
  } as const;
  const bag = new Bag(whole, { addresses: state.addresses });
  const rewrite = await planRewrite(bag, context);
  const edit = state.form.edit(whole);
  applyRewrite(bag, rewrite, edit);
  const lean = edit.result();
  const fitted = await planFit(lean, () => readDocument(lean, state).bags, undefined, context);
  const members = fitted.root.raw as JsonMembers;
  assertLeanBag(members);
  await storeRewrite(rewrite, context);
  await storeBlobs(fitted.blobs, context);
  return members;
}

/** Paths of another program must not stay beside this one's. */
const PROGRAM_FREE = {
  workflow_config_s3_path: undefined,
  partition_map_s3_path: undefined,
  segment_manifest_s3_path: undefined,
  manifest_id: undefined,
};

function initialMembers(
  { ownerId, workflowId, workflowConfig }: LeanBagInput,
  map: unknown,
  clock: () => number,
): JsonMembers {
  const startTime = Math.floor(clock() / 1000);
  const config: unknown = workflowConfig;
  const state = isMembers(config) && isMembers(config.initial_state) ? config.initial_state : {};
  // The same request in the same second is the same execution.
  const run = sha256Hex(jsonBytes([startTime, workflowConfig])).slice(0, 16);
  return {
    segment_to_run: 0,
    loop_counter: 0,
    max_loop_iterations: 100,
    max_branch_iterations: 100,
    distributed_mode: false,
    distributed_strategy: 'SAFE',
    max_concurrency: 1,
    idempotency_key: `${ownerId}#auto#${workflowId}#${run}`,
    ...countSegmentTypes(map),
    start_time: startTime,
    state_history: [],
    current_state: state,
  };
}

function withoutUndefined(members: JsonMembers): JsonMembers {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

export interface SegmentTypeCounts {
  /** Segments of the top list, at least 1. */
  readonly total_segments: number;
  /** Segments of type `llm`, those inside branches included. */
  readonly llm_segments: number;
  readonly hitp_segments: number;
}

/** The counts that a bag reports of its map, also of the caller's. Throws `BagError` `MAP_*` for another value. */
function countSegmentTypes(map: unknown): SegmentTypeCounts {
  const entries = listEntries(new ObjectValue(map));
  const types = entries.flatMap(({ raw }) => typesIn(raw));
  const count = (type: string) => types.filter((other) => other === type).length;
  return { total_segments: Math.max(1, entries.length), llm_segments: count('llm'), hitp_segments: count('hitp') };
}

function typesIn(entry: unknown): readonly unknown[] {
  if (!isMembers(entry)) return [];
  const segment = isMembers(entry.segment_config) ? entry.segment_config : entry;
  const branches: readonly unknown[] = Array.isArray(segment.branches) ? segment.branches : [];
  // `branches` of a conditional segment are ways out and hold no map.
  const maps = branches.flatMap((branch): readonly unknown[] =>
    isMembers(branch) && Array.isArray(branch.partition_map) ? (branch.partition_map as unknown[]) : [],
  );
  return [segment.type, ...maps.flatMap(typesIn)];
}
