import { partitionWorkflow } from '../../src/partition/index.js';
import type { Json } from './bags.js';

/* The workflow of the application, and the bag of a new execution. */

/** How the runner deals with its event and its answer. */
export type Act =
  | 'answer with the bag'
  | 'spread what a loose parser gives'
  | 'spread what a stripping parser gives'
  | 'call an inner runner'
  | 'invoke an inner function'
  | 'answer from a record'
  | 'start a child'
  | 'distribute'
  | 'write a row'
  | 'answer with text'
  | 'answer with a list'
  | 'fail once';

type Node = readonly [id: string, act: Act, edge?: 'hitp'];

/** The branches fork after `fork` and end in `join`. */
const BRANCHES: readonly (readonly Node[])[] = [
  [
    ['left-1', 'answer with the bag'],
    ['left-2', 'spread what a loose parser gives'],
  ],
  [['right-1', 'answer with the bag']],
];

const LINE: readonly Node[] = [
  ['intake', 'answer with the bag'],
  ['read', 'spread what a loose parser gives'],
  ['check', 'spread what a stripping parser gives'],
  ['delegate', 'call an inner runner'],
  ['invoke', 'invoke an inner function'],
  ['fork', 'answer with the bag'],
  ['join', 'answer with the bag'],
  ['approve', 'answer with the bag', 'hitp'],
  ['book', 'answer from a record'],
  ['audit', 'start a child'],
  ['charge', 'answer from a record'],
  ['distribute', 'distribute'],
  ['item-1', 'answer with the bag'],
  ['item-2', 'answer with the bag'],
  ['item-3', 'answer with the bag'],
  ['checkpoint', 'write a row'],
  ['upload', 'fail once'],
  ['export', 'answer with text'],
  ['notify', 'answer with a list'],
  ['confirm', 'answer with the bag', 'hitp'],
  ['archive', 'answer with the bag'],
];

export const CHILD: readonly Node[] = [
  ['child-1', 'answer with the bag'],
  ['child-2', 'spread what a stripping parser gives'],
];

/** The segments that the state Distribute gives to a Map, one an item. */
export const ITEMS = { first: 14, end: 17 };

/** What the node with this id writes into the state. */
export const promptFor = (id: string): string => `Handle ${id}.${' Compare the invoice with the order.'.repeat(15)}`;

function makeConfig(line: readonly Node[], branches: readonly (readonly Node[])[] = []): Json {
  const nodes = [...line, ...branches.flat()].map(([id, act]) => ({
    id,
    type: 'aiModel',
    config: { act, prompt: promptFor(id) },
  }));
  const drawn = line.slice(1).flatMap((target, at) => (line[at]![0] === 'fork' ? [] : [[line[at]!, target] as const]));
  const [fork, join] = ['fork', 'join'].map((id) => line.find((node) => node[0] === id));
  const forked = branches.flatMap((branch) =>
    [...branch, join!].map((target, at) => [branch[at - 1] ?? fork!, target] as const),
  );
  const edges = [...drawn, ...forked].map(([[source], [target, , type = 'normal']]) => ({
    id: `${source}-${target}`,
    source,
    target,
    type,
  }));
  return { workflow_name: line[0]![0], nodes, edges };
}

/** A value as it passes from one function to the next. */
export const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export function programsFor(line: readonly Node[], branches?: readonly (readonly Node[])[]) {
  const workflow_config = makeConfig(line, branches);
  const partition_map = sent(partitionWorkflow(workflow_config).partitionMap) as unknown as Json[];
  return { workflow_config, partition_map, total_segments: partition_map.length };
}

/** Members of users under the names of wrappers. */
export const USER_BAG = { note: 'a member of the user', segment_config: { id: 'none of the engine' }, items: [1, 2.5] };

/** The bag of a new execution, as the last legacy initialiser made it. */
export function firstBag(document: string): Json {
  const programs = programsFor(LINE, BRANCHES);
  const manifest_s3_path = 's3://bags/workflow-manifests/acme/invoices/segment_manifest.json';
  return {
    segment_to_run: 0,
    loop_counter: 0,
    state_history: [],
    max_loop_iterations: 100,
    distributed_strategy: 'SAFE',
    max_concurrency: 1,
    idempotency_key: 'acme#auto#invoices#0123456789abcdef',
    workflowId: 'invoices',
    ownerId: 'acme',
    hitp_segments: 2,
    llm_segments: 19,
    segment_manifest_s3_path: manifest_s3_path,
    segment_manifest: programs.partition_map.map(({ type: segment_type }, index) => ({
      segment_index: index,
      segment_id: index,
      segment_type,
      manifest_s3_path,
      total_segments: programs.total_segments,
    })),
    bag: USER_BAG,
    current_state: { document, notes: {}, bag: { note: 'a member of the state' } },
    ...programs,
    start_time: 1769760000,
    _is_init: true,
  };
}
