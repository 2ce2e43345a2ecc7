import { BagError, ConfigError } from '../../errors/index.js';
import type { Deadline, DocumentSource, Replacement, SourceContainer, SourceDocument } from '../source.js';
import { openStates } from './execution-history.js';
import type { ExecutionsPort, ExecutionStatus, ExecutionSummary, OpenState } from './execution-history.js';

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
    `the state of ${id} lies within Step Functions, where nobody can edit it; a wrapped reader brings it into the new form when it goes on`,
  );
}
