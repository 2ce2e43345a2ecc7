import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import type { ObjectStore } from '../../../src/store/object-store.js';
import { DEFINITION } from './definition.js';
import type { Deploy } from './deployment.js';
import { runMachine } from './interpreter.js';
import { parseMembers, sendJson } from './json.js';
import type { Members } from './json.js';
import type { Functions, LambdaFunction } from './lambda-tasks.js';
import { Scales } from './payload-limit.js';
import type { Inspect } from './payload-limit.js';
import { tableWithPerson } from './person.js';
import { StateFiles } from './state-files.js';
import { TaskTokens } from './task-tokens.js';

/** Where an execution keeps its objects. */
export interface Bucket {
  readonly objects: ObjectStore;
  readonly bucket: string;
}

/** An execution that came to its end. */
export interface Ended {
  readonly output: Members;
  /** The bag at the end. */
  readonly bag: Members;
  /** One line for each segment that was executed, in order. */
  readonly executed: readonly string[];
  readonly scales: Scales;
}

export interface ExecutionOptions {
  readonly place: Bucket;
  readonly deploy: Deploy;
  /** Default: `DEFINITION`. */
  readonly definition?: StateMachineDefinition;
  /** Sees every payload, beside the scales. */
  readonly inspect?: Inspect;
}

const INPUT: Members = { ownerId: 'owner-a', request: 'run' };

/** Runs an execution from its beginning. Rejects with what ended it. */
export function runFromStart(initialize: LambdaFunction, options: ExecutionOptions): Promise<Ended> {
  const { functions, run } = prepare(initialize, options);
  return run(functions, INPUT);
}

/**
 * Goes on with an execution whose bag no payload holds any more: a runner of the deployment is the first to see it, and
 * the machine takes over with what that one answers.
 */
export async function takeOver(oldBag: Members, options: ExecutionOptions): Promise<Ended> {
  const { functions, run } = prepare(() => Promise.reject(new Error('The execution is under way.')), options);
  const answer = parseMembers(sendJson(await functions.ExecuteSegment!(parseMembers(sendJson(oldBag)))));
  return run(functions, { ...INPUT, state_data: { bag: answer.state_data, next_action: answer.next_action } });
}

function prepare(initialize: LambdaFunction, { place, deploy, inspect, definition = DEFINITION }: ExecutionOptions) {
  const tokens = new TaskTokens();
  const scales = new Scales();
  const executed: string[] = [];
  const files = new StateFiles(place.objects, place.bucket);
  const functions = deploy({ world: { files, executed }, table: tableWithPerson(tokens), initialize });
  const inspectAll: Inspect = (name, payload) => {
    scales.weigh(name, payload);
    inspect?.(name, payload);
  };
  const run = async (deployed: Functions, input: Members): Promise<Ended> => {
    const output = await runMachine(definition, input, { functions: deployed, tokens, inspect: inspectAll });
    return { output, bag: parseMembers(output.final_state), executed, scales };
  };
  return { functions, run };
}
