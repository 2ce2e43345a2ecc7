import { CHILD, programsFor, sent } from './application-workflow.js';
import type { Act } from './application-workflow.js';
import { without } from './bags.js';
import type { Json } from './bags.js';

/* The handlers of the application. They know nothing of the shim. */

/** These do more than answer. */
type Special = 'call an inner runner' | 'invoke an inner function' | 'answer from a record' | 'write a row';

/** The key under which an upload notes that it has failed. */
const FAILED = 'upload has failed';

/** How a handler comes by its program: inline in the bag as ever, or from its event. */
export type ProgramPlace = 'bag' | 'event';

export type Role = 'segment' | 'inner' | 'merge' | 'pause' | 'resume' | 'child' | 'finish';

export type Handler = (event: Json, place: ProgramPlace) => Json | Promise<Json>;

/** Calls a handler with an event, with or without something around it. */
export type Call = (role: Role, event: Json, handler: Handler) => Promise<Json>;

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

/** What a runner does with its event. `handlers/application.py` of `test/real` does the same. */
export function runSegment(event: Json, place: ProgramPlace, services: Services): Json | Promise<Json> {
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
export function rowFor(event: Json): Json {
  const bag = openBag(event);
  const { workflow_config = {}, partition_map = null } = bag;
  const kept = without(pick(bag, KNOWN), 'segment_manifest');
  return { taskToken: event.TaskToken, context: { ...kept, workflow_config, partition_map } };
}

/** The resume handler refuses a row that has lost its program. */
export function resume({ row, answer }: Json): Json {
  const { context } = row as { context: Json };
  for (const name of ['workflow_config', 'partition_map']) {
    const value = context[name];
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
      throw new Error(`Stored workflow context is corrupted: ${name} is ${JSON.stringify(value)}`);
  }
  return { user_response: { text: answer }, state_data: context };
}

/** The merges of branches, items, children and answers of persons. They lose the path of the manifest. */
export function merge(event: Json): Json {
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
export function startChild(event: Json): Json {
  const bag = without(openBag(event), 'segment_manifest', 'bag');
  const own = { workflowId: 'audit', idempotency_key: 'acme#auto#audit#0', segment_to_run: 0, state_history: [] };
  return { child_input: { ...bag, ...own, ...programsFor(CHILD) } };
}
