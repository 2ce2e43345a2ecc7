/** Types of events that schedule no task, by what they are about. Source: `HistoryEventType` of Step Functions. */
const WITHOUT_TASK: Readonly<Record<string, string>> = {
  Activity: 'Failed ScheduleFailed Started Succeeded TimedOut',
  ChoiceState: 'Entered Exited',
  Evaluation: 'Failed',
  Execution: 'Aborted Failed Redriven Started Succeeded TimedOut',
  FailState: 'Entered',
  LambdaFunction: 'Failed ScheduleFailed Started StartFailed Succeeded TimedOut',
  MapIteration: 'Aborted Failed Started Succeeded',
  MapRun: 'Aborted Failed Redriven Started Succeeded',
  MapState: 'Aborted Entered Exited Failed Started Succeeded',
  ParallelState: 'Aborted Entered Exited Failed Started Succeeded',
  PassState: 'Entered Exited',
  SucceedState: 'Entered Exited',
  Task: 'Failed StartFailed Started SubmitFailed Submitted Succeeded TimedOut',
  TaskState: 'Aborted Entered Exited',
  WaitState: 'Aborted Entered Exited',
};

/** Types of events that schedule a task, and so may call a runner. */
const SCHEDULING = ['ActivityScheduled', 'LambdaFunctionScheduled', 'TaskScheduled'] as const;

const KNOWN: ReadonlySet<string> = new Set([
  ...SCHEDULING,
  ...Object.entries(WITHOUT_TASK).flatMap(([about, ends]) => ends.split(' ').map((end) => about + end)),
]);

/** False for an event of which it is not known whether it calls a runner: Step Functions is newer than this release. */
export function isKnownType(type: string): boolean {
  return KNOWN.has(type);
}
