import { StateMachine } from 'aws-local-stepfunctions';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { parseMembers } from './json.js';
import type { Members } from './json.js';
import { invokeFunction, taskStates } from './lambda-tasks.js';
import type { Json, Platform } from './lambda-tasks.js';
import type { Inspect } from './payload-limit.js';
import { installWithResolvers } from './promise-with-resolvers.js';
import type { TaskTokens } from './task-tokens.js';

installWithResolvers();

/** The output of an execution. Rejects with what ended it, or with what `inspect` threw. */
export async function runMachine(
  definition: StateMachineDefinition,
  input: Members,
  platform: Platform,
): Promise<Members> {
  // Validated once, in a test of its own: it takes longer than many a run.
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const execution = machine.run(input as Json, {
    overrides: overridesFor(definition, platform),
    context: contextFor(platform.tokens),
  });
  const watching = watch(execution.eventLogs, platform.inspect).catch((error: unknown) => {
    execution.abort();
    throw asError(error);
  });
  const [watched, ended] = await Promise.allSettled([watching, execution.result]);
  if (watched.status === 'rejected') throw asError(watched.reason);
  if (ended.status === 'rejected') throw asError(ended.reason);
  return parseMembers(ended.value);
}

function overridesFor(definition: StateMachineDefinition, platform: Platform) {
  const tasks = taskStates(definition);
  const taskResourceLocalHandlers = Object.fromEntries(
    tasks.map(({ name, resource }) => [
      name,
      (parameters: Json) => invokeFunction(name, resource, parameters, platform),
    ]),
  );
  const retryIntervalOverrides = Object.fromEntries(tasks.map(({ name }) => [name, 0]));
  return { taskResourceLocalHandlers, retryIntervalOverrides };
}

/** The interpreter issues no task tokens itself; each look at the context object gives a new one. */
function contextFor(tokens: TaskTokens) {
  const Task = {
    get Token() {
      return tokens.issue();
    },
  };
  return { Execution: { Id: 'arn:aws:states:us-east-1:123456789012:execution:segments:run-1' }, Task };
}

async function watch(events: ReturnType<StateMachine['run']>['eventLogs'], inspect: Inspect): Promise<void> {
  for await (const event of events) {
    if (event.type === 'StateEntered') inspect(`input of ${event.state.name}`, event.state.input);
    if (event.type === 'StateExited') inspect(`output of ${event.state.name}`, event.state.output);
    if ('output' in event) inspect('output of the execution', event.output);
  }
}

/** What a task threw, without the interpreter's own error around it. */
function asError(reason: unknown): Error {
  if (!(reason instanceof Error)) return new Error(String(reason));
  return reason.cause instanceof Error && reason.name === 'ExecutionError' ? reason.cause : reason;
}
