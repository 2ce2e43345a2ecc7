import type { NotStarted } from '../../../journal/entries.js';
import { isWhole } from '../../../run/engine.js';
import type { RunReport } from '../../../run/run.js';
import { exceedsFailures } from '../../../run/limits.js';
import { addToTotals, emptyTotals } from '../../../run/outcome.js';
import type { DocumentOutcome } from '../../../run/outcome.js';
import { StateBagError, messageOf } from '../../../errors/index.js';
import { measureSources } from '../../../sources/open.js';
import { startProgress } from '../../reporters/progress.js';
import type { Progress } from '../../reporters/progress.js';
import type { SignalWatch } from '../../watch-signals.js';
import type { Report } from '../dry-run.js';
import { JournalSession } from '../../../journal/session.js';
import type { OpenMigration } from '../open-migration.js';
import type { FromWorker, WorkerEnd } from './messages.js';
import { shardOf, startWorker } from './worker-pool.js';
import type { Worker } from './worker-pool.js';

/**
 * Writes with several processes, each of which takes a shard. This one writes the journal for all of them, so that
 * there is one journal, and syncs what several have to say with one call.
 */
export async function applyWithWorkers(
  opened: OpenMigration,
  signals: SignalWatch,
  report: Report,
): Promise<RunReport> {
  const { request, sources, description, io } = opened;
  const session = await JournalSession.open(request.journal, { command: 'migrate', ...description }, io);
  const progress = await startProgress(io.stderr, !request.output.quiet, () =>
    measureSources(sources, request.selection.shard),
  );
  try {
    const result = await new WorkerRun(opened, session, progress, report).run(signals.stop);
    await session.end({ ...result.totals, skipped: result.skipped }, isWhole(result), result.notStarted);
    if (session.hasBegun && !request.output.quiet)
      io.stderr.write(`statebag: journal of this run: ${request.journal}\n`);
    return result;
  } finally {
    progress.stop();
    await session.close();
  }
}

class WorkerRun {
  private readonly totals = emptyTotals();
  private readonly workers: Worker[] = [];
  private stoppedBy: RunReport['stoppedBy'];
  /** What is told of documents, one behind the other. */
  private told: Promise<void> = Promise.resolve();

  constructor(
    private readonly opened: OpenMigration,
    private readonly session: JournalSession,
    private readonly progress: Progress,
    private readonly report: Report,
  ) {}

  async run(stop: AbortSignal): Promise<RunReport> {
    const { workers: count, given, selection } = this.opened.request;
    stop.addEventListener(
      'abort',
      () => {
        this.stop('signal');
      },
      { once: true },
    );
    for (let k = 0; k < count; k++) {
      const worker = startWorker(k + 1, (message, from) => {
        this.take(message, from);
      });
      worker.send({
        kind: 'start',
        given,
        cwd: this.opened.io.cwd,
        runId: this.session.runId,
        shard: shardOf(selection.shard, k, count),
        workers: count,
      });
      this.workers.push(worker);
    }
    if (stop.aborted) this.stop('signal');
    const ends = await Promise.allSettled(
      this.workers.map(({ ended }) => ended.catch((error: unknown) => this.fail(error))),
    );
    await this.told;
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken) await this.breakOff(broken.reason);
    const { totals, stoppedBy } = this;
    const shards = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    return {
      totals,
      ...(stoppedBy && { stoppedBy }),
      ...together(shards),
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
    this.progress.tick(outcome.bytesBefore);
    if (exceedsFailures(this.totals, this.opened.request.maxFailures)) this.stop('failures');
    this.told = this.told.then(() => this.report(outcome));
    // Heard where the run ends.
    this.told.catch(() => undefined);
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
    for (const worker of this.workers) worker.send({ kind: 'stop' });
  }

  /** The others finish what they have in hand. */
  private fail(error: unknown): never {
    for (const worker of this.workers) worker.send({ kind: 'stop' });
    throw error;
  }

  /** The journal says that this run did not come to its end. */
  private async breakOff(error: unknown): Promise<never> {
    await this.session.end({ ...this.totals }, false);
    throw error;
  }
}

function together(shards: readonly WorkerEnd[]): Omit<WorkerEnd, 'complete'> {
  const sum = (figure: (end: WorkerEnd) => number): number => shards.reduce((total, end) => total + figure(end), 0);
  const notStarted: NotStarted = {
    documents: sum((end) => end.notStarted.documents),
    containers: sum((end) => end.notStarted.containers),
    unread: sum((end) => end.notStarted.unread),
    unlisted: shards.some((end) => end.notStarted.unlisted),
  };
  return { notStarted, skipped: sum(({ skipped }) => skipped) };
}
