import { partitionWorkflow } from '../../src/partition/index.js';
import { without } from './bags.js';
import type { Json } from './bags.js';

/*
 * An application of the old engine: its workflow, its handlers, and the machine that takes a bag from one handler to
 * the next. It knows nothing of the shim. A deployment calls the handlers, with or without one around them.
 */

/** How the runner deals with its event and its answer. */
type Act =
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

/** These do more than answer. */
type Special = 'call an inner runner' | 'invoke an inner function' | 'answer from a record' | 'write a row';

/** The key under which an upload notes that it has failed. */
const FAILED = 'upload has failed';

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

const CHILD: readonly Node[] = [
  ['child-1', 'answer with the bag'],
  ['child-2', 'spread what a stripping parser gives'],
];

/** The segments that the state Distribute gives to a Map, one an item. */
const ITEMS = { first: 14, end: 17 };

/** The application takes fewer, with its retry and its pauses. */
const MAX_LOOPS = 60;

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

function programsFor(line: readonly Node[], branches?: readonly (readonly Node[])[]) {
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

/** How a handler comes by its program: inline in the bag as ever, or from its event. */
export type ProgramPlace = 'bag' | 'event';

export type Role = 'segment' | 'inner' | 'merge' | 'pause' | 'resume' | 'child' | 'finish';

type Handler = (event: Json, place: ProgramPlace) => Json | Promise<Json>;

/** Calls a handler with an event, with or without something around it. */
export type Call = (role: Role, event: Json, handler: Handler) => Promise<Json>;

/** What an execution leaves. */
export interface Ended {
  /** The bag at the end, as a handler of a next state gets it. */
  readonly bag: Json;
  /** One line for each segment that ran. */
  readonly ran: readonly string[];
}

/** What the runners of a deployment share. */
export class Services {
  /** One line for each segment that ran. */
  readonly ran: string[] = [];
  /** Rows of a table. */
  readonly rows: Json[] = [];
  /** Records of a table, by their keys. */
  readonly records = new Map<string, string>();
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Invokes the function of the inner runner. */
  invokeInner(event: Json): Promise<Json> {
    return this.#call('inner', event, (copy, place) => runInner(copy, place, this));
  }
}

/** Runs the application from its first bag to its end. */
export async function runApplication(first: Json, call: Call, services = new Services(call)): Promise<Ended> {
  const last = await new Application(call, services).run(first);
  let bag: Json = {};
  await call('finish', last, (event) => {
    bag = event;
    return {};
  });
  return { bag, ran: services.ran };
}

interface State extends Json {
  readonly document: string;
  readonly notes: Readonly<Record<string, Json>>;
  readonly answers?: Readonly<Record<string, string>>;
}

interface Program extends Json {
  readonly id: number;
  readonly type: string;
  readonly node_ids: readonly string[];
  readonly nodes?: readonly { readonly id: string; readonly config: { readonly act: Act; readonly prompt: string } }[];
  readonly branches: readonly Json[];
}

const stateIn = (bag: Json): State => bag.current_state as State;

/** The state machine. */
class Application {
  readonly #call: Call;
  readonly #services: Services;

  constructor(call: Call, services: Services) {
    this.#call = call;
    this.#services = services;
  }

  /** The loop of the state machine: runs segment after segment. Resolves with the last bag. */
  async run(first: Json): Promise<Json> {
    let bag = first;
    for (let loops = 0; loops < MAX_LOOPS; loops++) {
      const answer = await this.#segment({ ...bag, loop_counter: loops });
      bag = await this.#bagAfter(answer);
      if ((bag.segment_to_run as number) >= (bag.total_segments as number)) return bag;
    }
    throw new Error(`The workflow did not end after ${MAX_LOOPS} loops`);
  }

  /** A delivery that is recorded comes a second time, as after a lost reply. */
  async #segment(event: Json): Promise<Json> {
    const answer = await this.#call('segment', event, (got, place) => runSegment(got, place, this.#services));
    return answer.deliver_again === true ? this.#segment(event) : answer;
  }

  /** The bag for the next segment. */
  async #bagAfter(answer: Json): Promise<Json> {
    const bag = answer.state_data as Json;
    switch (answer.next_action) {
      case 'ROOT':
        return without(answer, 'next_action');
      case 'TEXT':
        return (JSON.parse(answer.body as string) as { bag: Json }).bag;
      case 'LIST':
        return (answer.results as { bag: Json }[])[0]!.bag;
      case 'ROW':
        return this.#services.rows.at(-1)!.context as Json;
      case 'PARALLEL_GROUP':
        return this.#fork(bag);
      case 'DISTRIBUTE':
        return this.#distribute(bag);
      case 'CHILD':
        return this.#startChild(bag);
      case 'PAUSED_FOR_HITP':
        return this.#pause(bag);
      default:
        return bag;
    }
  }

  async #fork(bag: Json): Promise<Json> {
    const branch_results: Json[] = [];
    for (const { branch_id, partition_map } of bag.pending_branches as Json[]) {
      let own = bag;
      for (let index = 0; index < (partition_map as Json[]).length; index++) {
        const event = { state_data: own, branch_id, partition_map, segment_to_run: index };
        own = (await this.#segment(event)).state_data as Json;
      }
      branch_results.push({ branch_id, bag: own });
    }
    return this.#merge({ state_data: { bag }, branch_results });
  }

  /** A Map over pointers of the inline manifest. */
  async #distribute(bag: Json): Promise<Json> {
    const branch_results: Json[] = [];
    for (const item of (bag.segment_manifest as Json[]).slice(ITEMS.first, ITEMS.end)) {
      const { segment_index, segment_id, manifest_s3_path } = item;
      const own = { segment_index, segment_id, manifest_s3_path, execution_mode: 'MAP_REDUCE' };
      const answer = await this.#segment({ ...own, state_data: bag });
      branch_results.push({ segment_id, bag: answer.state_data });
    }
    return this.#merge({ state_data: { bag: { ...bag, segment_to_run: ITEMS.end } }, branch_results });
  }

  async #startChild(bag: Json): Promise<Json> {
    const { child_input } = await this.#call('child', { state_data: { bag } }, startChild);
    const child = await this.run(child_input as Json);
    return this.#merge({ state_data: { bag }, child_result: { bag: child } });
  }

  /** The first time the bag of the machine goes on after the answer, the second time the context of the row does. */
  async #pause(bag: Json): Promise<Json> {
    const { rows } = this.#services;
    const count = rows.length;
    await this.#call('pause', { TaskToken: `token-${count}`, state_data: bag }, (event) => {
      rows.push(sent(rowFor(event)));
      return { status: 'stored' };
    });
    const callback_result = await this.#call('resume', { row: rows.at(-1), answer: `yes ${count}` }, resume);
    const { user_response, state_data } = callback_result;
    return this.#merge(
      count === 0 ? { state_data: { bag }, callback_result } : { state_data, callback_result: { user_response } },
    );
  }

  async #merge(event: Json): Promise<Json> {
    return (await this.#call('merge', event, merge)).state_data as Json;
  }
}

/** What a runner does with its event. `handlers/application.py` of `test/real` does the same. */
function runSegment(event: Json, place: ProgramPlace, services: Services): Json | Promise<Json> {
  const bag = openBag(event);
  const program = programFor(event, place);
  if (program.type === 'hitp' && stateIn(bag).answers?.[program.id] === undefined) {
    const current_state = { ...stateIn(bag), question: program.id };
    return { state_data: { ...bag, current_state }, next_action: 'PAUSED_FOR_HITP' };
  }
  if (program.type === 'parallel_group') {
    note(bag, program, services);
    const pending_branches = program.branches;
    return { state_data: { ...advance(event, bag, program), pending_branches }, next_action: 'PARALLEL_GROUP' };
  }
  const act = program.nodes?.[0]?.config.act ?? 'answer with the bag';
  if (act === 'answer from a record') return runOnce(event, program, services);
  if (act === 'call an inner runner') return { ...runInner({ ...event }, place, services), next_action: 'CONTINUE' };
  if (act === 'invoke an inner function') return services.invokeInner({ ...event });
  if (act === 'fail once' && !services.records.has(FAILED)) {
    services.records.set(FAILED, '{}');
    return { state_data: { ...event }, next_action: 'CONTINUE', error: { message: 'throttled' } };
  }
  note(bag, program, services);
  if (act === 'write a row') {
    services.rows.push(sent({ context: { ...event, ...advance(event, bag, program) } }));
    return { next_action: 'ROW' };
  }
  return ANSWERS[act](event, program);
}

/** What an idempotency middleware does: it keeps the answer of the handler and gives it again. */
function runOnce(event: Json, program: Program, services: Services): Json {
  const key = `${String(event.idempotency_key)}/${String(event.segment_to_run)}`;
  const record = services.records.get(key);
  if (record !== undefined) return JSON.parse(record) as Json;
  note(event, program, services);
  const answer = { state_data: { ...event, ...advance(event, event, program) }, next_action: 'CONTINUE' };
  services.records.set(key, JSON.stringify(answer));
  return { ...answer, deliver_again: true };
}

/** A runner that gets a copy of an event and looks for its program as every runner does. */
function runInner(event: Json, place: ProgramPlace, services: Services): Json {
  const program = programFor(event, place);
  note(event, program, services);
  return { state_data: advance(event, event, program) };
}

function note({ workflowId }: Json, { id, type, node_ids }: Program, services: Services): void {
  services.ran.push([workflowId, id, type, ...node_ids].join(' '));
}

/** The bag of an event. A member `bag` of a bag belongs to the user. */
function openBag(event: Json): Json {
  const data = event.state_data as Json | undefined;
  if (data === undefined) return event;
  return data.ownerId === undefined ? (data.bag as Json) : data;
}

/** An old runner takes its program from the map of the branch, or else from that of the bag. */
function programFor(event: Json, place: ProgramPlace): Program {
  if (place === 'event') return event.segment_config as Program;
  const bag = openBag(event);
  const index = event.segment_index ?? event.segment_to_run ?? bag.segment_to_run;
  const { partition_map } = event.branch_id === undefined ? bag : event;
  return (partition_map as Program[])[index as number]!;
}

/** The bag after a segment. A branch and an item of a Map leave its index alone. */
function advance(event: Json, bag: Json, { id, nodes = [] }: Program): Json {
  const { notes, ...state } = stateIn(bag);
  const seen = Object.keys(notes).length;
  const added = nodes.map((node) => [node.id, { says: node.config.prompt, seen }] as const);
  return {
    ...bag,
    segment_to_run: (bag.segment_to_run as number) + (event.state_data === undefined ? 1 : 0),
    state_history: [...(bag.state_history as unknown[]), id],
    current_state: { ...state, notes: { ...notes, ...Object.fromEntries(added) } },
  };
}

/** The same, when the segment leaves the state alone. */
function pass(event: Json, program: Program): Json {
  return { ...advance(event, event, program), current_state: event.current_state };
}

type Answer = (event: Json, program: Program) => Json;

const ANSWERS: Readonly<Record<Exclude<Act, Special>, Answer>> = {
  'answer with the bag': (event, program) => ({ state_data: advance(event, openBag(event), program) }),
  'spread what a loose parser gives': (event, program) => spread(parseLoosely(event), program),
  'spread what a stripping parser gives': (event, program) => spread(parseStrictly(event), program),
  'start a child': (event, program) => ({ state_data: advance(event, event, program), next_action: 'CHILD' }),
  distribute: (event, program) => ({ state_data: advance(event, event, program), next_action: 'DISTRIBUTE' }),
  'fail once': (event, program) => ({ state_data: advance(event, event, program), next_action: 'CONTINUE' }),
  'answer with text': (event, program) => ({
    body: JSON.stringify({ bag: { ...event, ...pass(event, program) } }),
    next_action: 'TEXT',
  }),
  'answer with a list': (event, program) => ({
    results: [{ bag: { ...event, ...pass(event, program) } }],
    next_action: 'LIST',
  }),
};

function spread(event: Json, program: Program): Json {
  if (event.state_data === undefined) return { ...advance(event, event, program), next_action: 'ROOT' };
  return { ...event, state_data: advance(event, openBag(event), program) };
}

/** A parser that keeps members which it does not know, and fills in others. */
function parseLoosely(event: Json): Json {
  const { segment_config: program, ...others } = event;
  return program === undefined ? others : { ...others, segment_config: { edges: [], ...(program as Json) } };
}

const KNOWN = [
  ...['ownerId', 'workflowId', 'idempotency_key', 'segment_to_run', 'total_segments', 'loop_counter', 'start_time'],
  ...['state_history', 'current_state', 'bag', 'segment_manifest', 'workflow_config', 'partition_map'],
];

/** A parser that removes members which it does not know, also those of the program. */
function parseStrictly(event: Json): Json {
  const known = pick(event, KNOWN);
  const { segment_config: program } = event;
  if (program === undefined) return known;
  return { ...known, segment_config: pick(program as Json, ['id', 'type', 'nodes', 'node_ids']) };
}

const pick = (value: Json, names: readonly string[]): Json =>
  Object.fromEntries(names.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])));

/** The row of a pause, as the old handler writes it: with what its event has, or with an empty value. */
function rowFor(event: Json): Json {
  const bag = openBag(event);
  const { workflow_config = {}, partition_map = null } = bag;
  const kept = without(pick(bag, KNOWN), 'segment_manifest');
  return { taskToken: event.TaskToken, context: { ...kept, workflow_config, partition_map } };
}

/** The resume handler refuses a row that has lost its program. */
function resume({ row, answer }: Json): Json {
  const { context } = row as { context: Json };
  for (const name of ['workflow_config', 'partition_map']) {
    const value = context[name];
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
      throw new Error(`Stored workflow context is corrupted: ${name} is ${JSON.stringify(value)}`);
  }
  return { user_response: { text: answer }, state_data: context };
}

/** The merges of branches, items, children and answers of persons. They lose the path of the manifest. */
function merge(event: Json): Json {
  const { branch_results = [], child_result, callback_result } = event;
  const bag = without(openBag(event), 'pending_branches');
  const state = stateIn(bag);
  const results = (branch_results as { bag: Json }[]).map((result) => stateIn(result.bag).notes);
  const notes = Object.assign({}, state.notes, ...results) as Json;
  const child = child_result && { child: reportOn((child_result as { bag: Json }).bag) };
  const response = (callback_result as { user_response: { text: string } } | undefined)?.user_response;
  const answers = response && { answers: { ...state.answers, [String(state.question)]: response.text } };
  const current_state = { ...state, notes, ...(child as Json | undefined), ...answers };
  return { state_data: { ...bag, current_state, segment_manifest_s3_path: null } };
}

/** What a parent keeps of its child. */
function reportOn(bag: Json): Json {
  const { document, notes } = stateIn(bag);
  return {
    characters: document.length,
    notes: pick(
      notes,
      CHILD.map(([id]) => id),
    ),
  };
}

/** The child gets what the bag of its parent has, its state too, and a program of its own. */
function startChild(event: Json): Json {
  const bag = without(openBag(event), 'segment_manifest', 'bag');
  const own = { workflowId: 'audit', idempotency_key: 'acme#auto#audit#0', segment_to_run: 0, state_history: [] };
  return { child_input: { ...bag, ...own, ...programsFor(CHILD) } };
}
