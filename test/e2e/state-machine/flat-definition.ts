import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { INVOKE, RETRY } from './invoke-states.js';
import type { Members } from './json.js';

/** The members of a bag one by one, as the machines of the flat era wrote them out. */
function membersOf(names: readonly string[], from: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${name}.$`, `${from}.${name}`]));
}

/**
 * A machine of the flat era for bags like this one: it selects every member of an answer by name, puts them into its
 * data again, and gives each function every member by name, both fields among them.
 */
export function flatDefinition(bag: Members): StateMachineDefinition {
  const names = Object.keys(bag).filter(
    (name) => !name.endsWith('_s3_path') && !['_is_init', '_status'].includes(name),
  );
  return {
    StartAt: 'Initialize',
    States: {
      Initialize: {
        Type: 'Task',
        Resource: INVOKE,
        Parameters: { FunctionName: 'Initialize', 'Payload.$': '$' },
        ResultSelector: membersOf(names, '$.Payload.state_data'),
        ResultPath: '$.bag',
        Retry: RETRY,
        Next: 'ExecuteSegment',
      },
      ExecuteSegment: {
        Type: 'Task',
        Resource: INVOKE,
        Parameters: { FunctionName: 'ExecuteSegment', Payload: membersOf(names, '$.bag') },
        ResultSelector: { bag: membersOf(names, '$.Payload.state_data'), 'next_action.$': '$.Payload.next_action' },
        ResultPath: '$.answer',
        Retry: RETRY,
        Next: 'KeepBag',
      },
      KeepBag: { Type: 'Pass', Parameters: membersOf(names, '$.answer.bag'), ResultPath: '$.bag', Next: 'Evaluate' },
      Evaluate: {
        Type: 'Choice',
        Choices: [{ Variable: '$.answer.next_action', StringEquals: 'COMPLETE', Next: 'Finish' }],
        Default: 'ExecuteSegment',
      },
      Finish: {
        Type: 'Pass',
        Parameters: {
          status: 'SUCCEEDED',
          'ownerId.$': '$.bag.ownerId',
          'final_state.$': '$.bag',
          'start_time.$': '$.bag.start_time',
        },
        End: true,
      },
    },
  };
}
