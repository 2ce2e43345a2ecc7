import type { RunReport } from '../../run/run.js';
import type { SignalWatch } from '../watch-signals.js';
import { readSummary } from '../../journal/session.js';
import { runMigration } from './migration-run.js';
import type { OpenMigration } from './open-migration.js';
import { PlanOut } from '../../run/plan.js';
import type { DocumentOutcome } from '../../run/outcome.js';
import { readingSettings } from '../../run/blob-sinks.js';

export type Report = (outcome: DocumentOutcome) => Promise<void>;

/** Computes everything and writes nothing, but for the plan when one was asked for. */
export async function dryRun(opened: OpenMigration, signals: SignalWatch, report: Report): Promise<RunReport> {
  const { request, store, description, io } = opened;
  const summary = request.onlyFailed ? await readSummary(request.journal) : undefined;
  const planOut = request.planOut === undefined ? undefined : await PlanOut.open(request.planOut, description, io);
  let isSealed = false;
  try {
    const result = await runMigration(opened, {
      settings: readingSettings(request, store.blobs),
      stop: signals.stop,
      summary,
      onOutcome: async (outcome, settled) => {
        if (settled) await planOut?.add(outcome, settled);
        await report(outcome);
      },
    });
    if (result.complete) await planOut?.seal();
    isSealed = result.complete;
    return result;
  } finally {
    if (!isSealed) await planOut?.discard();
  }
}
