import type { RunReport } from '../../batch/migrate.js';
import type { SignalWatch } from '../watch-signals.js';
import { readSummary } from './journal-session.js';
import { runMigration } from './migration-run.js';
import type { OpenMigration } from './open-migration.js';
import { PlanOut } from './plan-file.js';
import type { DocumentOutcome } from '../../batch/outcome.js';
import { readingSettings } from './settings.js';

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
