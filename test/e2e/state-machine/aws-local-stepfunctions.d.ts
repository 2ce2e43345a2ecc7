/**
 * What the tests use of the interpreter of state machines. The package needs Node 22, so it is not a development
 * dependency: `.ci/state-machines/install.sh` installs it, and types are checked without it.
 */
declare module 'aws-local-stepfunctions' {
  type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

  type State =
    | { Type: 'Task'; Resource: string; [member: string]: unknown }
    | { Type: 'Map'; Iterator?: StateMachineDefinition; [member: string]: unknown }
    | { Type: 'Choice' | 'Pass' | 'Wait' | 'Parallel' | 'Succeed' | 'Fail'; [member: string]: unknown };

  export interface StateMachineDefinition {
    Comment?: string;
    StartAt: string;
    States: Record<string, State>;
  }

  type EventLog =
    | { type: 'StateEntered'; state: { name: string; input: Json } }
    | { type: 'StateExited'; state: { name: string; output: Json } }
    | { type: 'ExecutionSucceeded'; output: Json }
    | { type: 'ExecutionStarted' | 'ExecutionFailed' | 'ExecutionAborted' };

  interface RunOptions {
    overrides?: {
      taskResourceLocalHandlers?: Record<string, (input: Json) => Promise<Json> | Json>;
      retryIntervalOverrides?: Record<string, number>;
    };
    context?: Record<string, unknown>;
  }

  export class StateMachine {
    constructor(definition: StateMachineDefinition, options?: { validationOptions?: { noValidate?: boolean } });
    run(
      input: Json,
      options?: RunOptions,
    ): { abort: () => void; result: Promise<Json>; eventLogs: AsyncIterable<EventLog> };
  }
}
