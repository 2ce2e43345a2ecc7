import { setTimeout as wait } from 'node:timers/promises';
import { BagError, ConfigError } from '../errors/index.js';
import type { Deadline, DocumentSource, Replacement, SourceContainer, SourceDocument } from './source.js';

const DAY_MS = 86_400_000;

/** Step Functions ends an execution after a year, and keeps a failed one redrivable for 14 days. */
const LONGEST_MS = 365 * DAY_MS;
const REDRIVABLE_MS = 14 * DAY_MS;

/**
 * Those that run are listed once more in the end: one that had failed may have been redriven before its list was read.
 */
const STATUSES: readonly ExecutionStatus[] = [
  'RUNNING',
  'PENDING_REDRIVE',
  'FAILED',
  'TIMED_OUT',
  'ABORTED',
  'RUNNING',
];

/**
 * `sfn://{arn}`: the executions of a state machine, or of a distributed map's run, that run or may be redriven. A
 * document is the input of a state that an execution is in. Nobody can edit it from outside: the source is only read.
 */
export class ExecutionsSource implements DocumentSource {
  readonly id: string;
  /** A state machine that is not there is an error of the listing. */
  readonly mayBeEmpty = true;

  constructor(
    private readonly arn: string,
    private readonly port: ExecutionsPort,
    /** Milliseconds since 1970. */
    private readonly now: () => number,
  ) {
    this.id = `sfn://${arn}`;
  }

  async *containers(signal?: AbortSignal): AsyncIterable<SourceContainer> {
    const seen = new Set<string>();
    for (const status of STATUSES) {
      for await (const execution of this.port.list(this.arn, status, signal)) {
        if (seen.has(execution.arn) || !(await this.mayGoOn(execution, status, signal))) continue;
        seen.add(execution.arn);
        yield new ExecutionContainer(execution, this.port);
      }
    }
  }

  container(): SourceContainer {
    throw readOnly(this.id);
  }

  private async mayGoOn(
    { arn, stoppedAt }: ExecutionSummary,
    status: ExecutionStatus,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (status === 'RUNNING' || status === 'PENDING_REDRIVE' || stoppedAt === undefined) return true;
    return this.now() - stoppedAt.getTime() <= REDRIVABLE_MS && this.port.isRedrivable(arn, signal);
  }
}

/**
 * The histories of executions of a state machine, or of a distributed map's run, of every status, newest first. A
 * container is an execution, and a document an event of its history as JSON text, the oldest first.
 */
export class HistoriesSource implements DocumentSource {
  readonly id: string;

  constructor(
    private readonly arn: string,
    private readonly port: ExecutionsPort,
  ) {
    this.id = `sfn://${arn}`;
  }

  async *containers(signal?: AbortSignal): AsyncIterable<SourceContainer> {
    for await (const { arn, status } of this.port.list(this.arn, undefined, signal))
      yield new HistoryContainer(arn, status, this.port);
  }

  container(): SourceContainer {
    throw readOnly(this.id);
  }
}

class HistoryContainer implements SourceContainer {
  readonly version = undefined;
  readonly tail = new Uint8Array();

  constructor(
    readonly id: string,
    readonly executionStatus: string | undefined,
    private readonly port: ExecutionsPort,
  ) {}

  async *documents(signal?: AbortSignal): AsyncIterable<SourceDocument> {
    for await (const page of this.port.records(this.id, signal))
      for (const event of page)
        yield { id: `${this.id}#${event.id ?? ''}`, line: undefined, bytes: Buffer.from(JSON.stringify(event)) };
  }

  replace(): Promise<Replacement> {
    return Promise.reject(readOnly(this.id));
  }
}

class ExecutionContainer implements SourceContainer {
  readonly id: string;
  readonly version = undefined;
  readonly tail = new Uint8Array();

  constructor(
    private readonly execution: ExecutionSummary,
    private readonly port: ExecutionsPort,
  ) {
    this.id = execution.arn;
  }

  async *documents(signal?: AbortSignal): AsyncIterable<SourceDocument> {
    for (const state of await openStates(this.port.history(this.id, signal))) {
      const id = `${this.id}#${state.name}`;
      if (state.isTruncated)
        throw new BagError(
          'STATE_TRUNCATED',
          `Step Functions gives only a part of the input of ${id}; look at the execution itself`,
        );
      yield { id, line: undefined, bytes: Buffer.from(state.input), deadline: this.deadlineOf(state) };
    }
  }

  replace(): Promise<Replacement> {
    return Promise.reject(readOnly(this.id));
  }

  private deadlineOf({ givesUpAt }: OpenState): Deadline {
    const { startedAt, stoppedAt } = this.execution;
    if (stoppedAt) return { at: later(stoppedAt, REDRIVABLE_MS), why: 'it can no longer be redriven' };
    if (givesUpAt)
      return {
        at: givesUpAt.toISOString(),
        why: 'its task gives up, unless it gives a sign of life; it can be redriven for 14 days more',
      };
    return { at: later(startedAt, LONGEST_MS), why: 'Step Functions ends it; it can be redriven for 14 days more' };
  }
}

function later(moment: Date, milliseconds: number): string {
  return new Date(moment.getTime() + milliseconds).toISOString();
}

function readOnly(id: string): ConfigError {
  return new ConfigError(
    'SOURCE_READ_ONLY',
    `the state of ${id} is held by Step Functions and cannot be edited from outside; a wrapped reader brings it into the new form when it goes on`,
  );
}

/** What is asked of Step Functions. The driver that answers with the SDK is `executions-sfn.ts`. */
export interface ExecutionsPort {
  /** Executions of a state machine or of one run of a distributed map, newest first. `undefined`: of every status. */
  list(arn: string, status: ExecutionStatus | undefined, signal?: AbortSignal): AsyncIterable<ExecutionSummary>;
  /** Whether an execution that ended may be started again where it failed. */
  isRedrivable(executionArn: string, signal?: AbortSignal): Promise<boolean>;
  /** Pages of an execution's history, the newest event first. */
  history(executionArn: string, signal?: AbortSignal): AsyncIterable<readonly HistoryEvent[]>;
  /** The same with everything that the service says of each event, the oldest event first. */
  records(executionArn: string, signal?: AbortSignal): AsyncIterable<readonly HistoryRecord[]>;
}

/** An event of a history, with the members that `GetExecutionHistory` gives it. */
export interface HistoryRecord {
  readonly id?: number | undefined;
  readonly type?: string | undefined;
  readonly [member: string]: unknown;
}

export type ExecutionStatus = 'RUNNING' | 'PENDING_REDRIVE' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionSummary {
  readonly arn: string;
  /** As the list says, such as `RUNNING`. */
  readonly status?: string | undefined;
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
interface OpenState {
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
async function openStates(pages: AsyncIterable<readonly HistoryEvent[]>): Promise<readonly OpenState[]> {
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

/** For tests. */
export interface PacerClock {
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const REAL_CLOCK: PacerClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal ? { signal } : {}),
};

/** A small part of what AWS allows at once. */
const BURST = 10;

/** Resolves once the next call may go: `perSecond` of them, after a burst of ten. Callers queue in order. */
export function createPacer(
  perSecond: number,
  clock: PacerClock = REAL_CLOCK,
): (signal?: AbortSignal) => Promise<void> {
  const gap = 1000 / perSecond;
  const burst = gap * (BURST - 1);
  let free = -Infinity;
  return async (signal) => {
    const now = clock.now();
    free = Math.max(free + gap, now - burst);
    if (free > now) await clock.sleep(free - now, signal);
  };
}
