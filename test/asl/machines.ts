import { INVOKE } from '../e2e/state-machine/invoke-states.js';

type Json = Readonly<Record<string, unknown>>;

/** Text of a machine with these states, which begins with the first. */
export function machineText(states: Json, more: Json = {}): string {
  return JSON.stringify({ StartAt: Object.keys(states)[0], ...more, States: states }, undefined, 2);
}

/** A task that gives a runner this payload and keeps the answer beside the bag. */
export function taskWith(payload: Json, more: Json = {}): Json {
  return {
    Type: 'Task',
    Resource: INVOKE,
    Parameters: { FunctionName: 'ExecuteSegment', Payload: payload },
    ResultPath: '$.result',
    End: true,
    ...more,
  };
}

/** A payload as the flat era's machines built it: member by member. */
export const FLAT_PAYLOAD: Json = {
  'workflow_config.$': '$.state_data.workflow_config',
  'ownerId.$': '$.state_data.ownerId',
  'segment_to_run.$': '$.state_data.segment_to_run',
  'partition_map.$': '$.state_data.partition_map',
};
