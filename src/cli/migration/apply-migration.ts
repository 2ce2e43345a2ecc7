import { Committer } from '../../run/commit.js';
import { nodeDisk } from '../../sources/disk.js';
import { pendingIntents } from '../../journal/read.js';
import { isWhole } from '../../run/engine.js';
import type { RunReport } from '../../run/run.js';
import type { Report } from './dry-run.js';
import type { SignalWatch } from '../watch-signals.js';
import { JournalSession } from '../../journal/session.js';
import { runMigration } from './migration-run.js';
import type { OpenMigration } from './open-migration.js';
import { openDestination } from '../../run/destination.js';
import { writingSettings } from '../../run/blob-sinks.js';

/** Writes: blobs, journal and documents, in that order for every document. */
export async function applyMigration(opened: OpenMigration, signals: SignalWatch, report: Report): Promise<RunReport> {
  const { request, store, description, io } = opened;
  const session = await JournalSession.open(request.journal, { command: 'migrate', ...description }, io);
  try {
    const result = await runMigration(opened, {
      settings: writingSettings(request, store.blobs),
      committer: committerOf(opened, session),
      stop: signals.stop,
      summary: session.summary,
      onOutcome: report,
    });
    await session.end({ ...result.totals, skipped: result.skipped }, isWhole(result), result.notStarted);
    if (session.hasBegun && !request.output.quiet)
      io.stderr.write(`statebag: journal of this run: ${request.journal}\n`);
    return result;
  } finally {
    await session.close();
  }
}

function committerOf({ place, sources, io }: OpenMigration, session: JournalSession): Committer {
  return new Committer({
    journal: session,
    destination: openDestination(place, sources, io),
    runId: session.runId,
    now: () => session.now(),
    // The session puts the beginning of the run before its first entry by itself.
    begin: () => undefined,
    pending: session.summary ? pendingIntents(session.summary) : new Map(),
    disk: nodeDisk,
  });
}
