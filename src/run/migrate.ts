import { JournalSession, readSummary } from '../journal/session.js';
import type { DamagedPlace } from '../journal/read.js';
import { measureSources } from '../sources/open.js';
import { readingSettings, writingSettings } from './blob-sinks.js';
import { processContext } from './context.js';
import { isWhole } from './engine.js';
import { openCommitter, openMigration, runMigration } from './open-migration.js';
import type { MigratePorts, OpenMigration } from './open-migration.js';
import { PlanOut } from './plan.js';
import { completeRequest } from './request.js';
import type { MigrateRequest } from './request.js';
import type { RunReport } from './run.js';

/** What a migration did, or in a dry run would do. */
export interface MigrateReport extends RunReport {
  readonly applied: boolean;
  /** Directory of the journal that the run wrote to; absent when it had nothing to write down. */
  readonly journal?: string;
  /** Places of the journal that were skipped, when the request allows it; absent when there are none. */
  readonly damaged?: readonly DamagedPlace[];
}

/**
 * Migrates every document of the sources, or computes it without `apply`. Reports one outcome for every document and
 * never throws for one of them. Throws `ConfigError` for a request, a source, a store or a journal that cannot be used.
 *
 * @example
 * const report = await migrate({ sources: ['bags/'], store: './store', apply: true });
 * if (!report.complete || report.totals.failed > 0) console.error(report.totals);
 */
export async function migrate(request: MigrateRequest, ports: MigratePorts = {}): Promise<MigrateReport> {
  const context = ports.context ?? processContext();
  const opened = await openMigration(completeRequest(request, context), context);
  await ports.onBegin?.(() => measureSources(opened.sources, opened.request.shard));
  if (!opened.request.apply) return { ...(await dryRun(opened, ports)), applied: false };
  const session = await JournalSession.open(
    opened.request.journal,
    { command: 'migrate', ...opened.description },
    context,
    opened.request,
  );
  const damaged = session.summary?.damaged ?? [];
  try {
    const report = await write(opened, session, ports);
    const { notStarted, inventory } = report;
    await session.end({ totals: { ...report.totals }, complete: isWhole(report), notStarted, inventory });
    return {
      ...report,
      applied: true,
      ...(session.hasBegun && { journal: opened.request.journal }),
      ...(damaged.length > 0 && { damaged }),
    };
  } finally {
    await session.close();
  }
}

/** Writes blobs, journal and documents, in that order for every document. */
async function write(opened: OpenMigration, session: JournalSession, ports: MigratePorts): Promise<RunReport> {
  const { request, store } = opened;
  const stop = ports.stop ? AbortSignal.any([ports.stop, session.failed]) : session.failed;
  if (request.workers > 1) {
    const { runWorkers } = await import('./workers.js');
    return runWorkers(opened, session, { ...ports, stop });
  }
  return runMigration(opened, {
    settings: writingSettings(request, store.blobs),
    committer: openCommitter(opened, session, session),
    summary: session.summary,
    stop,
    ...(ports.pace && { pace: ports.pace }),
    onOutcome: (outcome) => ports.onOutcome?.(outcome),
  });
}

/** Computes everything and writes nothing, but for the plan when one was asked for. */
async function dryRun(opened: OpenMigration, ports: MigratePorts): Promise<RunReport> {
  const { request, store, description, context } = opened;
  const isAsked = request.onlyFailed === true || request.maxFailures !== undefined;
  const summary = isAsked ? await readSummary(request.journal, request) : undefined;
  const planOut = request.planOut === undefined ? undefined : await PlanOut.open(request.planOut, description, context);
  let isSealed = false;
  try {
    const report = await runMigration(opened, {
      settings: readingSettings(request, store.blobs),
      summary,
      ...(ports.stop && { stop: ports.stop }),
      ...(ports.pace && { pace: ports.pace }),
      onOutcome: async (outcome, settled) => {
        if (settled) await planOut?.add(outcome, settled);
        await ports.onOutcome?.(outcome);
      },
    });
    if (report.complete) await planOut?.seal();
    isSealed = report.complete;
    return report;
  } finally {
    if (!isSealed) await planOut?.discard();
  }
}
