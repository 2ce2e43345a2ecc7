import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { INVOKE, RETRY } from './invoke-states.js';

/**
 * The loop over the segments of one branch. `$.run` holds the parent's bag as the branch has changed it and the
 * branch's own index; the map of the branch travels beside it. A branch hands on where its final state lies, never the
 * state: two states and the parent's bag would not fit a payload.
 */
const BRANCH: StateMachineDefinition = {
  StartAt: 'ExecuteBranchSegment',
  States: {
    ExecuteBranchSegment: {
      Type: 'Task',
      Resource: INVOKE,
      Parameters: {
        FunctionName: 'ExecuteSegment',
        Payload: {
          'state_data.$': '$.run.state_data',
          'segment_to_run.$': '$.run.segment_to_run',
          'partition_map.$': '$.partition_map',
          'branch_id.$': '$.branch_id',
        },
      },
      ResultSelector: {
        'state_data.$': '$.Payload.state_data',
        'segment_to_run.$': '$.Payload.segment_to_run',
        'next_action.$': '$.Payload.next_action',
        'final_state_s3_path.$': '$.Payload.final_state_s3_path',
      },
      ResultPath: '$.run',
      Retry: RETRY,
      Next: 'EvaluateBranch',
    },
    EvaluateBranch: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.run.next_action', StringEquals: 'COMPLETE', Next: 'BranchComplete' },
        { Variable: '$.run.next_action', StringEquals: 'FAILED', Next: 'BranchFailed' },
      ],
      Default: 'ExecuteBranchSegment',
    },
    BranchFailed: { Type: 'Fail', Error: 'BranchFailed', Cause: 'A segment of a branch said that it failed.' },
    BranchComplete: {
      Type: 'Pass',
      Parameters: {
        'branch_id.$': '$.branch_id',
        status: 'COMPLETE',
        'final_state_s3_path.$': '$.run.final_state_s3_path',
      },
      End: true,
    },
  },
};

export function branchLoop() {
  return {
    Type: 'Map' as const,
    ItemsPath: '$.state_data.bag.pending_branches',
    MaxConcurrencyPath: '$.state_data.bag.max_concurrency',
    Parameters: {
      'branch_id.$': "States.Format('branch_{}', $$.Map.Item.Index)",
      'partition_map.$': '$$.Map.Item.Value.partition_map',
      run: { 'state_data.$': '$.state_data.bag', segment_to_run: 0 },
    },
    Iterator: BRANCH,
    ResultSelector: { 'branches.$': '$' },
  };
}
