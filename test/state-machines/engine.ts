import { StateMachine } from 'aws-local-stepfunctions';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { buildLeanBag } from 'statebag-shim';
import type { BlobStore } from 'statebag-shim';
import { memoryObjectStore } from 'statebag-shim/memory';
import { createBlobStore } from '../../src/store/blob-store.js';
import {
  isMembers,
  omit,
  parseList,
  parseMembers,
  parseNumber,
  parseText,
  sendJson,
} from '../e2e/state-machine/json.js';
import type { Members } from '../e2e/state-machine/json.js';
import { taskStates } from '../e2e/state-machine/lambda-tasks.js';
import type { Functions, LambdaFunction } from '../e2e/state-machine/lambda-tasks.js';
import { installWithResolvers } from '../e2e/state-machine/promise-with-resolvers.js';
import { StateFiles } from '../e2e/state-machine/state-files.js';
import { takeStep } from '../e2e/state-machine/step.js';

installWithResolvers();

/** What one execution of the engine's own machine leaves: objects, and a line for each segment that a runner ran. */
export class EngineWorld {
  readonly objects = memoryObjectStore();
  readonly files = new StateFiles(this.objects, 'local');
  readonly store: BlobStore = createBlobStore({ objects: this.objects, bucket: 'local' });
  readonly executed: string[] = [];
  private saved = 0;

  constructor(readonly totalSegments: number) {}

  /** Resolves to the path of the state. */
  saveState(state: Members): Promise<string> {
    this.saved += 1;
    return this.files.save(`workflow-states/owner-a/${this.saved}.json`, state);
  }

  /** Of the map that the event has, or of the manifest that it names. */
  async countSegments({ partition_map: map, segment_manifest_s3_path: path }: Members): Promise<number> {
    if (Array.isArray(map)) return map.length;
    const { bytes } = await this.objects.get({ bucket: 'local', key: parseText(path).slice('s3://local/'.length) });
    return parseList(JSON.parse(Buffer.from(bytes).toString())).length;
  }
}

/** Members that the machine selects from the initialiser's answer, and that a bag need not have. */
const SELECTED = [
  'workflow_config_s3_path',
  'partition_map',
  'partition_map_s3_path',
  'segment_manifest',
  'segment_manifest_s3_path',
  'light_config',
];
const NOTHING: Members = Object.fromEntries(SELECTED.map((name) => [name, null]));

/** The old initialiser: the map inline; the config, a manifest and the state in files. */
export function initializeFat(bag: Members, world: EngineWorld): LambdaFunction {
  return async () => {
    const folder = `${parseText(bag.ownerId)}/${parseText(bag.workflowId)}`;
    const manifest = parseList(bag.partition_map).map((segment_config, segment_id) => ({ segment_id, segment_config }));
    const put = (key: string, value: unknown) =>
      world.objects.put({ bucket: 'local', key }, Buffer.from(JSON.stringify(value)));
    await put(`workflow-manifests/${folder}/segment_manifest.json`, manifest);
    await put(`workflow-configs/${folder}/config.json`, bag.workflow_config);
    return {
      ...NOTHING,
      ...omit(bag, 'workflow_config', '_is_init', '_status'),
      workflow_config_s3_path: `s3://local/workflow-configs/${folder}/config.json`,
      state_s3_path: await world.saveState(parseMembers(bag.current_state)),
    };
  };
}

/** An initialiser on `buildLeanBag`. */
export function initializeLean(bag: Members, world: EngineWorld): LambdaFunction {
  return async () => {
    const lean = await buildLeanBag(
      {
        ownerId: parseText(bag.ownerId),
        workflowId: parseText(bag.workflowId),
        workflowConfig: parseMembers(bag.workflow_config),
        partitionMap: bag.partition_map,
        bag: omit(bag, 'workflow_config', 'partition_map', 'segment_manifest_s3_path', '_is_init', '_status'),
      },
      world.store,
    );
    return { ...NOTHING, ...lean, state_s3_path: await world.saveState(parseMembers(bag.current_state)) };
  };
}

/** How a runner comes by its segment. */
export type FindSegment = (event: Members) => Members;

/** Before the patch: the entry of the map at the index. */
export const findInMap: FindSegment = ({ partition_map: map, segment_to_run: index }) =>
  parseMembers(parseList(map)[parseNumber(index)]);

/** Behind the adapter: what it resolved. */
export const findInEvent: FindSegment = ({ segment_config: segment }) => parseMembers(segment);

/** The functions of the engine by the names in its machine. None but the runner looks at a program. */
export function makeEngine(world: EngineWorld, find: FindSegment): Functions {
  return {
    '${ExecuteSegmentArn}': makeRunner(world, find),
    '${SegmentRunnerArn}': aggregate(world),
    '${StateDataManagerArn}': ({ state_data: data, execution_result: result }) =>
      Promise.resolve({
        ...parseMembers(data),
        state_s3_path: parseMembers(result).final_state_s3_path,
        compression_applied: false,
        payload_size_kb: 1,
      }),
    '${StoreTaskTokenArn}': ({ segment_to_run: index }) =>
      Promise.resolve({ user_response: { text: `answer to ${parseNumber(index)}` } }),
    '${MergeCallbackArn}': mergeCallback(world),
  };
}

function makeRunner(world: EngineWorld, find: FindSegment): LambdaFunction {
  return async (event) => {
    const segment = find(event);
    const index = parseNumber(event.segment_to_run);
    const count = await world.countSegments(event);
    const step = takeStep(segment, { index, count }, await world.files.load(event.state_s3_path));
    const where = isMembers(event.branch_config) ? parseText(event.branch_config.branch_id) : 'main';
    if (step.nextAction !== 'PAUSED_FOR_HITP')
      world.executed.push(`${where} ${JSON.stringify([segment.id, segment.type, segment.node_ids])}`);
    const [branch, ...others] = step.pendingBranches ?? [];
    const isSequential = branch !== undefined && others.length === 0;
    return {
      status: isSequential ? 'SEQUENTIAL_BRANCH' : step.nextAction,
      final_state: null,
      final_state_s3_path: await world.saveState(step.state),
      next_segment_to_run: step.nextAction === 'COMPLETE' ? null : step.nextIndex,
      new_history_logs: [],
      error_info: null,
      branches: step.pendingBranches ?? null,
      segment_type: segment.type,
      inner_partition_map: isSequential ? branch.partition_map : null,
    };
  };
}

/** Puts the states of the branches together, in their order, and goes on behind the group. */
function aggregate(world: EngineWorld): LambdaFunction {
  return async (event) => {
    const results = parseList(event.parallel_results).map(parseMembers);
    const states = await Promise.all(results.map(({ final_state_s3_path: path }) => world.files.load(path)));
    const next = parseNumber(event.segment_to_run) + 1;
    const isLast = next >= world.totalSegments;
    return {
      status: isLast ? 'COMPLETE' : 'CONTINUE',
      final_state: null,
      final_state_s3_path: await world.saveState(Object.assign({}, ...states) as Members),
      next_segment_to_run: isLast ? null : next,
      new_history_logs: [],
    };
  };
}

function mergeCallback(world: EngineWorld): LambdaFunction {
  return async (event) => {
    const state = omit(await world.files.load(event.previous_final_state_s3_path), 'question');
    const answer = parseMembers(parseMembers(event.callback_result).user_response);
    const human_answer = { ...answer, segment: event.segment_to_run };
    return {
      new_current_state: null,
      new_state_s3_path: await world.saveState({ ...state, human_answer }),
      new_state_history: [],
      segment_to_run: event.segment_to_run,
    };
  };
}

export interface EngineRun {
  readonly executed: readonly string[];
  readonly finalState: Members;
  /** Payloads of the runner, outside of branches, in which the workflow's own map was. */
  readonly mapsInPayloads: number;
}

/** Runs the machine from its start. Rejects with what ended it otherwise than in `WorkflowSucceeded`. */
export async function runEngine(
  definition: StateMachineDefinition,
  functions: Functions,
  world: EngineWorld,
): Promise<EngineRun> {
  let mapsInPayloads = 0;
  const call = async (name: string, resource: string, parameters: Members): Promise<unknown> => {
    if (resource.includes(':events:')) return { FailedEntryCount: 0 };
    if (resource.includes(':dynamodb:')) return { Item: { executionArn: { S: 'arn' }, status: { S: 'FAILED' } } };
    const invoked = functions[parseText(parameters.FunctionName)];
    if (!invoked) throw new Error(`The machine calls ${parseText(parameters.FunctionName)} in ${name}.`);
    const event = parseMembers(sendJson(parameters.Payload));
    if (Array.isArray(event.partition_map) && event.partition_map.length === world.totalSegments) mapsInPayloads += 1;
    const answer = sendJson(await invoked(event));
    return resource.endsWith('.waitForTaskToken') ? answer : { Payload: answer };
  };
  const taskResourceLocalHandlers = Object.fromEntries(
    taskStates(definition).map(({ name, resource }) => [
      name,
      (parameters: unknown) => call(name, resource, parseMembers(parameters)) as never,
    ]),
  );
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const execution = machine.run(
    { idempotency_key: 'key', MOCK_MODE: 'false' },
    {
      overrides: { taskResourceLocalHandlers },
      context: { Execution: { Id: 'arn:run', Name: 'run' }, Task: { Token: 'token' } },
    },
  );
  const { final_state_s3_path: path } = parseMembers(await execution.result);
  return { executed: world.executed, finalState: await world.files.load(path), mapsInPayloads };
}
