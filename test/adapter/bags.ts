import { partitionWorkflow } from '../../src/partition/index.js';

export type Json = Record<string, unknown>;

/** The text of a node; long enough to give a config its size. */
const PROMPT = 'Read the invoice, compare it with the order, and say in one line what differs. ';

/** A chain of nodes, every third one a language model's, so that it is cut into several segments. */
export function makeConfig(nodes = 7, promptRepeats = 1): Json {
  const ids = Array.from({ length: nodes }, (_, at) => `node_${at}`);
  return {
    workflow_name: 'Invoices',
    nodes: ids.map((id, at) => ({
      id,
      type: at % 3 === 2 ? 'aiModel' : 'operator',
      config: { prompt: PROMPT.repeat(promptRepeats) + id, temperature: 0.5 },
    })),
    edges: ids.slice(1).map((target, at) => ({ id: `e${at}`, source: ids[at], target, type: 'normal' })),
    initial_state: { invoices: [] },
  };
}

export function makeMap(config: Json): Json[] {
  return structuredClone(partitionWorkflow(config).partitionMap) as unknown as Json[];
}

/** A bag of the last legacy release, everything inline. */
export function fatBag(overrides: Json = {}): Json {
  const config = makeConfig();
  const map = makeMap(config);
  return {
    segment_to_run: 1,
    loop_counter: 1,
    state_history: [],
    max_loop_iterations: 100,
    distributed_strategy: 'SAFE',
    max_concurrency: 1,
    idempotency_key: 'acme#auto#invoices#0123456789abcdef',
    workflowId: 'invoices',
    ownerId: 'acme',
    total_segments: map.length,
    hitp_segments: 0,
    llm_segments: 2,
    segment_manifest_s3_path: 's3://legacy/workflow-manifests/acme/invoices/segment_manifest.json',
    current_state: { rows: 12, amount: 10.5, note: 'für später' },
    workflow_config: config,
    start_time: 1769760000,
    partition_map: map,
    _is_init: true,
    _status: 'CONTINUE',
    ...overrides,
  };
}

/** The program that `fatBag` asks for at an index. */
export function programAt(bag: Json, index: number): unknown {
  return (bag.partition_map as Json[])[index];
}

/** A program as the shim puts it into an event. */
export function asAdded(program: unknown): Json {
  return { ...(program as Json), added_by_statebag_shim: true };
}

export function without(bag: Json, ...names: string[]): Json {
  return Object.fromEntries(Object.entries(bag).filter(([name]) => !names.includes(name)));
}

/** What a bag keeps whatever form it has. */
export function restOf(bag: Json): Json {
  return without(
    bag,
    'workflow_config',
    'partition_map',
    'workflow_config_s3_path',
    'partition_map_s3_path',
    'segment_manifest_s3_path',
    'state_bag_version',
    '_is_init',
    '_status',
  );
}
