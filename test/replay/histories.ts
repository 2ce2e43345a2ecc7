/*
 * Histories as `aws stepfunctions get-execution-history --output json` prints them.
 */

/** What becomes a history: each entry is an event without its numbers. */
export type Entry = Readonly<Record<string, unknown>> & { readonly type: string };

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:execute-segment:$LATEST';

const entered = (name: string, type = 'Task'): Entry => ({
  type: `${type}StateEntered`,
  stateEnteredEventDetails: { name, input: '{}', inputDetails: { truncated: false } },
});

const exited = (name: string, type = 'Task'): Entry => ({
  type: `${type}StateExited`,
  stateExitedEventDetails: { name, output: '{}', outputDetails: { truncated: false } },
});

/** A task of the optimized integration `lambda:invoke`. */
export function invoke(
  state: string,
  payload: unknown,
  { resource = 'invoke', functionName = FUNCTION } = {},
): Entry[] {
  const details = { resourceType: 'lambda', resource, region: 'eu-central-1' };
  const parameters = JSON.stringify({ FunctionName: functionName, Payload: payload });
  return [
    entered(state),
    { type: 'TaskScheduled', taskScheduledEventDetails: { ...details, parameters } },
    { type: 'TaskStarted', taskStartedEventDetails: details },
    { type: 'TaskSucceeded', taskSucceededEventDetails: { ...details, output: '{}' } },
    exited(state),
  ];
}

/** A task whose resource is the ARN of a function. */
export function callPlainly(state: string, input: unknown, more: object = {}): Entry[] {
  const details = { resource: FUNCTION, input: JSON.stringify(input), inputDetails: { truncated: false }, ...more };
  return [
    entered(state),
    { type: 'LambdaFunctionScheduled', lambdaFunctionScheduledEventDetails: details },
    { type: 'LambdaFunctionStarted' },
    { type: 'LambdaFunctionSucceeded', lambdaFunctionSucceededEventDetails: { output: '{}' } },
    exited(state),
  ];
}

/** A task that an activity's worker takes. */
export function callActivity(state: string, input: unknown): Entry[] {
  const resource = 'arn:aws:states:eu-central-1:123456789012:activity:runner';
  return [
    entered(state),
    { type: 'ActivityScheduled', activityScheduledEventDetails: { resource, input: JSON.stringify(input) } },
  ];
}

/** A task of another service. */
export function request(state: string, resourceType: string, parameters: unknown): Entry[] {
  const details = { resourceType, resource: 'sendMessage', region: 'x', parameters: JSON.stringify(parameters) };
  return [entered(state), { type: 'TaskScheduled', taskScheduledEventDetails: details }, exited(state)];
}

/** A task that calls a function through the SDK, such as `invokeAsync`. */
export function callSdk(state: string, resource: string, parameters: unknown): Entry[] {
  const details = { resourceType: 'aws-sdk:lambda', resource, region: 'x', parameters: JSON.stringify(parameters) };
  return [entered(state), { type: 'TaskScheduled', taskScheduledEventDetails: details }, exited(state)];
}

/** A task that starts another execution. */
export function startChild(state: string, arn: string, resource = 'startExecution.sync:2'): Entry[] {
  const details = { resourceType: 'states', resource };
  const output = JSON.stringify({ ExecutionArn: arn, StartDate: 1 });
  const isRequest = resource === 'startExecution';
  return [
    entered(state),
    { type: 'TaskScheduled', taskScheduledEventDetails: { ...details, region: 'x', parameters: '{"Input":{}}' } },
    { type: 'TaskStarted', taskStartedEventDetails: details },
    ...(isRequest ? [] : [{ type: 'TaskSubmitted', taskSubmittedEventDetails: { ...details, output } }]),
    { type: 'TaskSucceeded', taskSucceededEventDetails: { ...details, output: isRequest ? output : '{}' } },
    exited(state),
  ];
}

/** Steps of branches, one after the other inside a Parallel or Map state. */
export function within(name: string, type: 'Parallel' | 'Map', entries: readonly Entry[]): Entry[] {
  return [
    entered(name, type),
    { type: `${type}StateStarted` },
    ...entries,
    { type: `${type}StateSucceeded` },
    exited(name, type),
  ];
}

/** The whole history, numbered. */
export function makeHistory(entries: readonly Entry[], end = 'ExecutionSucceeded') {
  const started = { type: 'ExecutionStarted', executionStartedEventDetails: { input: '{}' } };
  const all = [started, ...entries, ...(end === '' ? [] : [{ type: end }])];
  return {
    events: all.map((event, at) => ({
      timestamp: '2026-02-01T08:00:00+00:00',
      id: at + 1,
      previousEventId: at,
      ...event,
    })),
  };
}
