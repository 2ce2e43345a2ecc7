import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { branchLoop } from './branch-definition.js';
import { BAG_RESULT, INVOKE, RETRY } from './invoke-states.js';

/**
 * The engine's loop with everything that touches a bag on its way: initialise, execute segment after segment, pause for
 * a person and merge the answer, fork into branches and merge them, and at the very end read members that nothing else
 * reads. The bag lies at `$.state_data.bag`; a task gets it whole and its answer replaces it whole. An execution that
 * is under way already enters with its bag, right behind a segment.
 */
export const DEFINITION: StateMachineDefinition = {
  Comment: 'Runs the segments of a workflow one after the other',
  StartAt: 'Enter',
  States: {
    Enter: {
      Type: 'Choice',
      Choices: [{ Variable: '$.state_data.next_action', IsPresent: true, Next: 'EvaluateNextAction' }],
      Default: 'InitializeStateBag',
    },
    InitializeStateBag: {
      Type: 'Task',
      Resource: INVOKE,
      Parameters: { FunctionName: 'Initialize', 'Payload.$': '$' },
      ...BAG_RESULT,
      Next: 'SelectStrategy',
    },
    SelectStrategy: {
      Type: 'Choice',
      Choices: [{ Variable: '$.state_data.bag.distributed_strategy', StringEquals: 'SAFE', Next: 'ExecuteSegment' }],
      Default: 'StrategyUnknown',
    },
    StrategyUnknown: {
      Type: 'Fail',
      Error: 'StrategyUnknown',
      Cause: 'The bag asks for a strategy that this machine does not have.',
    },
    ExecuteSegment: {
      Type: 'Task',
      Resource: INVOKE,
      Parameters: { FunctionName: 'ExecuteSegment', 'Payload.$': '$.state_data.bag' },
      ...BAG_RESULT,
      Retry: RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.last_error', Next: 'WorkflowBroken' }],
      Next: 'EvaluateNextAction',
    },
    EvaluateNextAction: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.state_data.next_action', StringEquals: 'FAILED', Next: 'WorkflowFailed' },
        { Variable: '$.state_data.next_action', StringEquals: 'COMPLETE', Next: 'PrepareSuccessOutput' },
        { Variable: '$.state_data.next_action', StringEquals: 'PAUSED_FOR_HITP', Next: 'WaitForCallback' },
        { Variable: '$.state_data.next_action', StringEquals: 'PARALLEL_GROUP', Next: 'ProcessParallelBranches' },
      ],
      Default: 'CountLoop',
    },
    CountLoop: {
      Type: 'Pass',
      Parameters: { 'loop_counter.$': 'States.MathAdd($.state_data.bag.loop_counter, 1)' },
      ResultPath: '$.count',
      Next: 'KeepCount',
    },
    KeepCount: {
      Type: 'Pass',
      Parameters: {
        'bag.$': 'States.JsonMerge($.state_data.bag, $.count, false)',
        'next_action.$': '$.state_data.next_action',
      },
      ResultPath: '$.state_data',
      Next: 'CheckLoopLimit',
    },
    CheckLoopLimit: {
      Type: 'Choice',
      Choices: [
        {
          Variable: '$.state_data.bag.loop_counter',
          NumericGreaterThanPath: '$.state_data.bag.max_loop_iterations',
          Next: 'LoopLimitExceeded',
        },
      ],
      Default: 'ExecuteSegment',
    },
    LoopLimitExceeded: { Type: 'Fail', Error: 'LoopLimitExceeded', Cause: 'The workflow does not come to its end.' },
    WaitForCallback: {
      Type: 'Task',
      Resource: `${INVOKE}.waitForTaskToken`,
      Parameters: {
        FunctionName: 'StoreTaskToken',
        Payload: {
          'TaskToken.$': '$$.Task.Token',
          'execution_id.$': '$$.Execution.Id',
          'state_data.$': '$.state_data.bag',
        },
      },
      ResultPath: '$.callback_result',
      Next: 'MergeCallback',
    },
    MergeCallback: {
      Type: 'Task',
      Resource: INVOKE,
      Parameters: {
        FunctionName: 'ManageStateData',
        Payload: {
          action: 'merge_callback',
          'state_data.$': '$.state_data.bag',
          'callback_result.$': '$.callback_result',
        },
      },
      ...BAG_RESULT,
      Next: 'EvaluateNextAction',
    },
    ProcessParallelBranches: { ...branchLoop(), ResultPath: '$.parallel_results', Next: 'AggregateBranches' },
    AggregateBranches: {
      Type: 'Task',
      Resource: INVOKE,
      Parameters: {
        FunctionName: 'ManageStateData',
        Payload: {
          action: 'aggregate_branches',
          'state_data.$': '$.state_data.bag',
          'branch_results.$': '$.parallel_results.branches',
        },
      },
      ...BAG_RESULT,
      Next: 'EvaluateNextAction',
    },
    PrepareSuccessOutput: {
      Type: 'Pass',
      Parameters: {
        status: 'SUCCEEDED',
        'ownerId.$': '$.state_data.bag.ownerId',
        'workflowId.$': '$.state_data.bag.workflowId',
        'final_state.$': '$.state_data.bag',
        'total_segments.$': '$.state_data.bag.total_segments',
        'loop_counter.$': '$.state_data.bag.loop_counter',
        'start_time.$': '$.state_data.bag.start_time',
        'llm_segments.$': '$.state_data.bag.llm_segments',
        'hitp_segments.$': '$.state_data.bag.hitp_segments',
      },
      Next: 'WorkflowSucceeded',
    },
    WorkflowSucceeded: { Type: 'Succeed' },
    WorkflowFailed: { Type: 'Fail', Error: 'WorkflowFailed', Cause: 'A segment said that it failed.' },
    WorkflowBroken: { Type: 'Fail', ErrorPath: '$.last_error.Error', CausePath: '$.last_error.Cause' },
  },
};
