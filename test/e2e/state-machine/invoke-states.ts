import { RETRYABLE_ERROR } from 'statebag-shim';

export const INVOKE = 'arn:aws:states:::lambda:invoke';

/** What a task answered takes the place of the bag it was given. */
export const BAG_RESULT = {
  ResultSelector: { 'bag.$': '$.Payload.state_data', 'next_action.$': '$.Payload.next_action' },
  ResultPath: '$.state_data',
};

/**
 * A dead sandbox is reported under a name of Lambda's; the shim has one name for everything that may be tried again.
 */
export const RETRY = [
  { ErrorEquals: ['Sandbox.Timedout', RETRYABLE_ERROR], IntervalSeconds: 1, MaxAttempts: 5, BackoffRate: 2 },
];
