import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
// Their codes come from another process.
import { ConfigError, StateBagError } from '../errors/classes.js';
import { StoreError, messageOf } from '../errors/index.js';
import type { NotStarted } from '../journal/entries.js';
import type { JournalSession } from '../journal/session.js';
import { addInventories } from '../sources/inventory.js';
import { omit, omitUndefined } from './request.js';
import type { Shard } from '../sources/container-choice.js';
import { FailureLimit } from './limits.js';
import type { MigratePorts, OpenMigration } from './open-migration.js';
import { addToTotals, emptyTotals } from './outcome.js';
import type { DocumentOutcome } from './outcome.js';
import type { PaceState } from './pace.js';
import type { CompleteRequest } from './request.js';
import type { RunReport } from './run.js';
import type { FromWorker, ToWorker, WorkerEnd } from './worker-messages.js';

/**
 * Writes with several processes, each of which takes a shard. This one writes the journal for all of them, so that
 * there is one journal, and syncs the entries of several with one call.
 */
export function runWorkers(opened: OpenMigration, session: JournalSession, ports: MigratePorts): Promise<RunReport> {
  return new WorkerRun(opened, session, ports).run();
}

/**
 * Found through the package's own name: the command line may run as a bundle, in which there is no worker next to this
 * file.
 */
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('statebag-shim/package.json')),
  'dist/src/run/worker-process.js',
);

/** One worker, as the process with the journal sees it. */
interface Worker {
  send(message: ToWorker): void;
  /** Resolves when it has said that it is done. Rejects with what broke it. */
  readonly ended: Promise<WorkerEnd>;
}

class WorkerRun {
  private readonly totals = emptyTotals();
  private readonly workers: Worker[] = [];
  private readonly failureLimit: FailureLimit;
  private stoppedBy: RunReport['stoppedBy'];
  /** Outcomes are reported one after the other. */
  private reported: Promise<void> = Promise.resolve();

  constructor(
    private readonly opened: OpenMigration,
    private readonly session: JournalSession,
    private readonly ports: MigratePorts,
  ) {
    this.failureLimit = new FailureLimit(opened.request.maxFailures, session.summary);
  }

  async run(): Promise<RunReport> {
    const { stop, pace } = this.ports;
    const onStop = (): void => {
      this.stop('signal');
    };
    stop?.addEventListener('abort', onStop, { once: true });
    const unpace = pace?.onChange(() => {
      this.sendAll(paceMessage(pace));
    });
    try {
      this.start();
      if (stop?.aborted) onStop();
      return await this.finish();
    } finally {
      stop?.removeEventListener('abort', onStop);
      unpace?.();
    }
  }

  private start(): void {
    const { request, context } = this.opened;
    const { pace } = this.ports;
    for (let k = 0; k < request.workers; k++) {
      const worker = startWorker(k + 1, (message, from) => {
        this.take(message, from);
      });
      worker.send({ kind: 'start', request: shareOf(request, k), cwd: context.cwd, runId: this.session.runId });
      if (pace) worker.send(paceMessage(pace));
      this.workers.push(worker);
    }
  }

  private async finish(): Promise<RunReport> {
    const ends = await Promise.allSettled(
      this.workers.map(({ ended }) => ended.catch((error: unknown) => this.fail(error))),
    );
    await this.reported;
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken) await this.breakOff(broken.reason);
    const { totals, stoppedBy } = this;
    const shards = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    return {
      totals,
      ...(stoppedBy && { stoppedBy }),
      ...sumUp(shards),
      complete: stoppedBy === undefined && shards.every(({ complete }) => complete),
    };
  }

  private take(message: FromWorker, from: Worker): void {
    if (message.kind === 'outcomes')
      message.outcomes.forEach((outcome) => {
        this.settle(outcome);
      });
    else if (message.kind === 'entries') this.write(message, from);
  }

  private settle(outcome: DocumentOutcome): void {
    addToTotals(this.totals, outcome);
    if (this.failureLimit.isExceededBy(outcome)) this.stop('failures');
    this.reported = this.reported.then(() => this.ports.onOutcome?.(outcome));
    // A rejection is thrown where the run ends.
    this.reported.catch(() => undefined);
  }

  private write({ entries }: Extract<FromWorker, { kind: 'entries' }>, from: Worker): void {
    for (const entry of entries) this.session.append(entry);
    this.session.flush().then(
      () => {
        from.send({ kind: 'flushed' });
      },
      (error: unknown) => {
        from.send({
          kind: 'refused',
          code: error instanceof StateBagError ? error.code : 'UNEXPECTED',
          message: messageOf(error),
        });
      },
    );
  }

  private stop(why: NonNullable<RunReport['stoppedBy']>): void {
    this.stoppedBy ??= why;
    this.sendAll({ kind: 'stop' });
  }

  private sendAll(message: ToWorker): void {
    for (const worker of this.workers) worker.send(message);
  }

  /** The other workers finish what they have in hand. */
  private fail(error: unknown): never {
    this.sendAll({ kind: 'stop' });
    throw error;
  }

  /** The journal says that this run did not come to its end. */
  private async breakOff(error: unknown): Promise<never> {
    await this.session.end({ totals: { ...this.totals }, complete: false });
    throw error;
  }
}

function paceMessage({ isPaused, concurrency }: PaceState): ToWorker {
  return { kind: 'pace', isPaused, concurrency };
}

/** Every message goes to `onMessage` in the order in which it was sent. */
function startWorker(number: number, onMessage: (message: FromWorker, worker: Worker) => void): Worker {
  const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const worker: Worker = {
    // The end of a worker that is gone is reported by `ended`.
    send: (message) => child.connected && child.send(message, () => undefined),
    ended: endOf(child, number, (message) => {
      onMessage(message, worker);
    }),
  };
  return worker;
}

function endOf(child: ChildProcess, number: number, onMessage: (message: FromWorker) => void): Promise<WorkerEnd> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const received = message as FromWorker;
      if (received.kind === 'done') resolve(received);
      else if (received.kind === 'broken') reject(errorFrom(received));
      else onMessage(received);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(
        new StoreError(
          'WORKER_LOST',
          `worker ${number} ended before its work (${signal ?? `exit ${String(code)}`}); run the same command again to go on`,
          { retryable: true },
        ),
      );
    });
  });
}

function errorFrom({ code, message, isUsage }: Extract<FromWorker, { kind: 'broken' }>): StateBagError {
  return isUsage ? new ConfigError(code, message) : new StateBagError(code, message);
}

/** The request of the k-th worker (from 0): its shard, its share of the table's capacity, no limit on failures. */
function shareOf(request: CompleteRequest, k: number): CompleteRequest {
  const { workers, tables } = request;
  const { maxReadUnits, maxWriteUnits } = tables;
  const share = (units: number | undefined) =>
    units === undefined ? undefined : Math.max(1, Math.floor(units / workers));
  return {
    ...omit(request, ['maxFailures']),
    workers: 1,
    shard: shardOf(request.shard, k, workers),
    tables: {
      ...tables,
      ...omitUndefined({ maxReadUnits: share(maxReadUnits), maxWriteUnits: share(maxWriteUnits) }),
    },
  };
}

/** The shard of the k-th of n workers (from 0) within the shard of the whole run. */
function shardOf(whole: Shard | undefined, k: number, n: number): Shard {
  const { index, count } = whole ?? { index: 1, count: 1 };
  return { index: index + k * count, count: count * n };
}

function sumUp(shards: readonly WorkerEnd[]): Omit<WorkerEnd, 'complete'> {
  const sum = (figure: (end: WorkerEnd) => number): number => shards.reduce((total, end) => total + figure(end), 0);
  const notStarted: NotStarted = {
    documents: sum((end) => end.notStarted.documents),
    containers: sum((end) => end.notStarted.containers),
    unread: sum((end) => end.notStarted.unread),
    unlisted: shards.some((end) => end.notStarted.unlisted),
  };
  return { notStarted, inventory: addInventories(shards.map(({ inventory }) => inventory)) };
}
