/** What is asked of Step Functions. The driver that answers with the SDK is `executions-sfn.ts`. */
export interface ExecutionsPort {
  /** Executions of a state machine or of one run of a distributed map, newest first. */
  list(arn: string, status: ExecutionStatus, signal?: AbortSignal): AsyncIterable<ExecutionSummary>;
  /** Whether an execution that ended may be started again where it failed. */
  isRedrivable(executionArn: string, signal?: AbortSignal): Promise<boolean>;
  /** Pages of an execution's history, the newest event first. */
  history(executionArn: string, signal?: AbortSignal): AsyncIterable<readonly HistoryEvent[]>;
}

export type ExecutionStatus = 'RUNNING' | 'PENDING_REDRIVE' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionSummary {
  readonly arn: string;
  readonly startedAt: Date;
  /** Undefined while it runs. */
  readonly stoppedAt: Date | undefined;
}

export interface HistoryEvent {
  /** Such as `TaskStateEntered`. */
  readonly type: string;
  readonly at: Date;
  /** Of the state, for events of entering and leaving one. */
  readonly name?: string;
  /** JSON text of a state's input, or of the execution's. */
  readonly input?: string;
  /** The service did not give the whole input. */
  readonly isTruncated?: boolean;
  /** Seconds that a task may take, or be silent, from here. */
  readonly patience?: number;
}

/** A state that was entered and not left. */
export interface OpenState {
  readonly name: string;
  readonly input: string;
  readonly isTruncated: boolean;
  /** When its task gives up at the latest, unless it gives a sign of life. */
  readonly givesUpAt: Date | undefined;
}

/**
 * The states an execution is in, newest first: one, and more where a parallel or map state has branches. Reads the
 * history backwards, and no further than to the newest state entered, unless there are branches. An execution that
 * has entered none is told by its own input.
 */
export async function openStates(pages: AsyncIterable<readonly HistoryEvent[]>): Promise<readonly OpenState[]> {
  const walk = new BackwardWalk();
  for await (const page of pages) {
    for (const event of page) walk.take(event);
    if (walk.isSettled) break;
  }
  return walk.open;
}

class BackwardWalk {
  readonly open: OpenState[] = [];
  private readonly left = new Map<string, number>();
  private hasBranches = false;
  private givesUpAt: Date | undefined;

  /** Branches that have not ended may hide behind older events. */
  get isSettled(): boolean {
    return this.open.length > 0 && !this.hasBranches;
  }

  take(event: HistoryEvent): void {
    if (/^(?:Map|Parallel)/.test(event.type)) this.hasBranches = true;
    if (event.type.endsWith('StateExited')) this.leave(event);
    else if (event.type.endsWith('StateEntered')) this.enter(event);
    else if (event.type === 'ExecutionStarted' && this.open.length === 0)
      this.push({ ...event, name: 'ExecutionStarted' });
    else if (event.patience !== undefined) this.givesUpAt ??= new Date(event.at.getTime() + event.patience * 1000);
  }

  private leave({ name = '' }: HistoryEvent): void {
    this.left.set(name, (this.left.get(name) ?? 0) + 1);
  }

  private enter(event: HistoryEvent): void {
    const { name = '' } = event;
    const left = this.left.get(name) ?? 0;
    if (left > 0) this.left.set(name, left - 1);
    else if (this.open.length === 0 || this.hasBranches) this.push(event);
    this.givesUpAt = undefined;
  }

  private push({ name = '', input = '', isTruncated = false }: HistoryEvent): void {
    this.open.push({ name, input, isTruncated, givesUpAt: this.givesUpAt });
  }
}
