import { lastRun, lostIntents, migratedByContainer, summarizeJournal } from '../journal/read.js';
import type { JournalSummary } from '../journal/read.js';
import { journalStatus } from '../journal/report.js';
import type { JournalStatus } from '../journal/report.js';
import { IdMap } from '../sources/id-map.js';
import type { IdMapping } from '../sources/id-map.js';
import { openContainers } from '../sources/open-containers.js';
import { openStore } from '../sources/open-store.js';
import { processContext } from './context.js';
import type { RunPorts } from './context.js';
import { reachStore, reachTables } from './reach.js';
import type { ReachRequest } from './reach.js';
import { DEFAULT_CONCURRENCY, assertKnown } from './request.js';
import { verifyDocuments } from './verify-documents.js';
import type { VerifyOutcome } from './verify-documents.js';
import { resolve } from 'node:path';

/** A verification as plain JSON. */
export interface VerifyRequest extends ReachRequest {
  /** Directory of the journal. */
  readonly journal: string;
  /** Documents in hand at a time. Default 8. */
  readonly concurrency?: number;
  /** Skip damaged places of the journal; `status.damaged` of the report names them. Default false. */
  readonly skipDamaged?: boolean | undefined;
  /** Documents that were moved: starts of their paths or URIs in the journal, and now. Output has the ids of now. */
  readonly map?: IdMapping;
}

export interface VerifyTotals {
  documents: number;
  verified: number;
  /** Changed or gone since they were migrated: nothing can be said of them. */
  moved: number;
  /** Rows of executions that were resumed since: nothing is left to verify. */
  resumed: number;
  failed: number;
  /** Segment programs compared. */
  segments: number;
}

export interface VerifyReport {
  readonly totals: VerifyTotals;
  /** What the journal says of the runs: a document that was not migrated is not verified. */
  readonly status: JournalStatus;
}

/**
 * Reads every migrated document of a journal again, and compares it with what was written, its schema, its original
 * bytes and its segments. Writes nothing. Throws `ConfigError` when the journal or the store cannot be used.
 *
 * @example
 * const { totals } = await verify({ journal: 'statebag-journal' });
 * process.exitCode = totals.verified + totals.resumed === totals.documents ? 0 : 1;
 */
export async function verify(request: VerifyRequest, ports: RunPorts<VerifyOutcome> = {}): Promise<VerifyReport> {
  assertKnown(request, VERIFY_MEMBERS);
  const { cwd } = ports.context ?? processContext();
  const directory = resolve(cwd, request.journal);
  const summary = await summarizeJournal(directory, request);
  const run = lastRun(directory, summary);
  const settings = reachStore(request, run);
  const store = await openStore(settings, cwd);
  const totals = nothingToVerify();
  await ports.onBegin?.(() => Promise.resolve(sumBytes(summary)));
  const map = new IdMap(request.map ?? [], cwd);
  const reach = { s3: settings.s3, tables: reachTables(request, run), map };
  const onOutcome = async (outcome: VerifyOutcome) => {
    count(totals, outcome);
    await ports.onOutcome?.(map.rename(outcome));
  };
  for (const { doc, bytesBefore } of lostIntents(summary))
    await onOutcome({ id: doc, outcome: 'failed', bytesBefore, segments: 0, ...INTENT_LOST });
  await verifyDocuments({
    directory,
    summary,
    blobs: store.blobs,
    open: await openContainers(migratedByContainer(summary), reach),
    target: run.target,
    concurrency: request.concurrency ?? DEFAULT_CONCURRENCY,
    onOutcome,
  });
  return { totals, status: journalStatus(summary) };
}

const VERIFY_MEMBERS: Readonly<Record<keyof VerifyRequest, true>> = {
  journal: true,
  concurrency: true,
  skipDamaged: true,
  map: true,
  spec: true,
  bucket: true,
  allowBuckets: true,
  allowPrefixes: true,
  s3: true,
  tables: true,
};

/** A document that the journal says was migrated, when the line with its original bytes is damaged. */
export const INTENT_LOST = {
  code: 'INTENT_LOST',
  reason: 'the journal line with its original bytes is damaged; restore the journal from a copy',
};

/** Totals of a run that wrote nothing, and therefore no journal. */
export function nothingToVerify(): VerifyTotals {
  return { documents: 0, verified: 0, moved: 0, resumed: 0, failed: 0, segments: 0 };
}

function count(totals: VerifyTotals, { outcome, segments }: VerifyOutcome): void {
  totals.documents++;
  totals[outcome]++;
  totals.segments += segments;
}

/** What the progress is measured by: the documents as they were. */
function sumBytes({ documents }: JournalSummary): number {
  return Array.from(documents.values()).reduce((sum, { bytesBefore }) => sum + bytesBefore, 0);
}
