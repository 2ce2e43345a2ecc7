import type { StateMachine, StateMachineDefinition } from 'aws-local-stepfunctions';
import { parseMembers, parseText, sendJson } from './json.js';
import type { Members } from './json.js';
import type { Inspect } from './payload-limit.js';
import type { TaskTokens } from './task-tokens.js';

export type Json = Parameters<StateMachine['run']>[0];

/** An entrypoint as Lambda calls it: the event is its own, the answer goes back as JSON. */
export type LambdaFunction = (event: Members) => Promise<unknown>;
export type Functions = Readonly<Record<string, LambdaFunction>>;

/** What an execution runs on. */
export interface Platform {
  readonly functions: Functions;
  readonly tokens: TaskTokens;
  /** Sees every input and output of the execution, of its states and of its tasks. */
  readonly inspect: Inspect;
}

interface TaskName {
  readonly name: string;
  readonly resource: string;
}

/** The task states of a machine and of the loops in it. */
export function taskStates({ States }: Pick<StateMachineDefinition, 'States'>): readonly TaskName[] {
  return Object.entries(States).flatMap(([name, state]): readonly TaskName[] => {
    if (state.Type === 'Task') return [{ name, resource: state.Resource }];
    return state.Type === 'Map' && state.Iterator ? taskStates(state.Iterator) : [];
  });
}

/**
 * What the service integration `lambda:invoke` does with `Parameters`: the payload over the wire, the function, its
 * answer over the wire and into `Payload`; with a task token, the answer is what somebody sends for the token.
 */
export async function invokeFunction(
  state: string,
  resource: string,
  parameters: Json,
  platform: Platform,
): Promise<Json> {
  const { FunctionName, Payload } = parseMembers(parameters);
  const name = parseText(FunctionName);
  const call = platform.functions[name];
  if (!call) throw new Error(`There is no function ${name}.`);
  platform.inspect(`payload for ${state}`, Payload);
  const event = parseMembers(sendJson(Payload));
  if (resource.endsWith('.waitForTaskToken')) return waitForToken(call, event, platform);
  const answer = sendJson(await call(event));
  platform.inspect(`answer to ${state}`, answer);
  return { ExecutedVersion: '$LATEST', Payload: answer as Json, StatusCode: 200 };
}

async function waitForToken(call: LambdaFunction, event: Members, { tokens, inspect }: Platform): Promise<Json> {
  const answered = tokens.answered(parseText(event.TaskToken));
  await call(event);
  const output = sendJson(await answered);
  inspect('output sent for a task token', output);
  return output as Json;
}
