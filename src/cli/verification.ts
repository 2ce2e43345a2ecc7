import { lastRun, migratedByContainer } from '../journal/read.js';
import type { JournalSummary } from '../journal/read.js';
import { verify } from '../run/verify.js';
import type { VerifyOutcome } from '../run/verify.js';
import type { CliIo } from './io.js';
import { openContainers } from '../sources/open-containers.js';
import type { Reach } from '../sources/open-containers.js';
import type { OpenStore } from '../sources/open-store.js';
import { startProgress } from './reporters/progress.js';

export interface VerifyTotals {
  documents: number;
  verified: number;
  /** Changed or gone since they were migrated: nothing can be said of them. */
  moved: number;
  /** Rows of executions that have gone on since: nothing is left to verify. */
  resumed: number;
  failed: number;
  /** Segment programs compared. */
  segments: number;
}

export interface Verification {
  readonly directory: string;
  readonly summary: JournalSummary;
  readonly store: OpenStore;
  readonly reach: Reach;
  readonly concurrency: number;
  readonly io: CliIo;
  readonly quiet: boolean;
  readonly onOutcome?: (outcome: VerifyOutcome) => void | Promise<void>;
}

/** Verifies every migrated document of a journal. Throws `ConfigError` when the journal cannot be used. */
export async function verifyJournal(options: Verification): Promise<VerifyTotals> {
  const { directory, summary, concurrency, reach } = options;
  const { target } = lastRun(directory, summary);
  const totals = nothingToVerify();
  const progress = await startProgress(options.io.stderr, !options.quiet, () => Promise.resolve(bytesOf(summary)));
  const onOutcome = async (outcome: VerifyOutcome): Promise<void> => {
    count(totals, outcome);
    progress.tick(summary.documents.get(outcome.id)?.bytesBefore ?? 0);
    await options.onOutcome?.(outcome);
  };
  try {
    const open = await openContainers(migratedByContainer(summary), reach);
    await verify({ directory, summary, blobs: options.store.blobs, open, target, concurrency, onOutcome });
  } finally {
    progress.stop();
  }
  return totals;
}

/** Of a run that wrote nothing, and therefore no journal. */
export function nothingToVerify(): VerifyTotals {
  return { documents: 0, verified: 0, moved: 0, resumed: 0, failed: 0, segments: 0 };
}

function count(totals: VerifyTotals, { outcome, segments }: VerifyOutcome): void {
  totals.documents++;
  totals[outcome]++;
  totals.segments += segments;
}

/** What the progress is measured by: the documents as they were. */
function bytesOf({ documents }: JournalSummary): number {
  return Array.from(documents.values()).reduce((sum, { bytesBefore }) => sum + bytesBefore, 0);
}
