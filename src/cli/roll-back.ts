import { lastRun, migratedByContainer, summarizeJournal } from '../journal/read.js';
import type { JournalSummary } from '../journal/read.js';
import { rollback } from '../run/rollback.js';
import type { RollbackOutcome } from '../run/rollback.js';
import type { OptionValues } from './command.js';
import type { CliIo } from './io.js';
import { journalStore, journalTables } from './journal-store.js';
import { JournalSession } from '../journal/session.js';
import { openContainers } from '../sources/open-containers.js';
import { openStore } from '../sources/open-store.js';
import type { OpenStore } from '../sources/open-store.js';
import type { dynamodbOptions } from './options/dynamodb-options.js';
import type { storeOptions } from './options/store-options.js';
import { startProgress } from './reporters/progress.js';
import type { ContainerOpener } from '../sources/source.js';

export interface RollbackTotals {
  documents: number;
  rolledBack: number;
  /** They never changed. */
  unchanged: number;
  failed: number;
  notStarted: number;
  /** Bytes of the documents that were, or would be, restored. */
  bytesBefore: number;
  bytesAfter: number;
}

export interface RollbackRequest {
  readonly directory: string;
  readonly values: OptionValues<typeof storeOptions & typeof dynamodbOptions>;
  readonly apply: boolean;
  readonly concurrency: number;
  readonly quiet: boolean;
  readonly stop: AbortSignal;
  readonly io: CliIo;
  readonly onOutcome: (outcome: RollbackOutcome) => Promise<void>;
}

/** Undoes what a journal says was migrated, and writes into the journal that it is undone. */
export async function rollBack(request: RollbackRequest): Promise<RollbackTotals> {
  const { directory, apply, io } = request;
  const before = await summarizeJournal(directory);
  const run = lastRun(directory, before);
  const settings = journalStore(request.values, run);
  const store = await openStore(settings, io.cwd);
  const { target, sources, options, prefix, bucket } = run;
  const description = { command: 'rollback', target, store: run.store, bucket, prefix, sources, options } as const;
  const session = apply ? await JournalSession.open(directory, description, io) : undefined;
  try {
    const summary = session?.summary ?? before;
    const open = await openContainers(migratedByContainer(summary), {
      s3: settings.s3,
      tables: journalTables(request.values, run),
    });
    return await runRollback(request, summary, store, session, open);
  } finally {
    await session?.close();
  }
}

async function runRollback(
  request: RollbackRequest,
  summary: JournalSummary,
  store: OpenStore,
  session: JournalSession | undefined,
  open: ContainerOpener,
): Promise<RollbackTotals> {
  const { directory, apply, concurrency, stop, io, quiet } = request;
  const totals = emptyTotals();
  const progress = await startProgress(io.stderr, !quiet, () => Promise.resolve(undefined));
  const onOutcome = async (outcome: RollbackOutcome): Promise<void> => {
    count(totals, outcome);
    progress.tick(outcome.bytesAfter);
    if (session) record(session, summary, outcome);
    await request.onOutcome(outcome);
  };
  try {
    await rollback({ directory, summary, blobs: store.blobs, open, apply, concurrency, stop, onOutcome });
  } finally {
    progress.stop();
  }
  return finish(totals, Array.from(migratedByContainer(summary).values()).flat().length, session);
}

/** What was not told of was not started. */
async function finish(
  totals: RollbackTotals,
  documents: number,
  session: JournalSession | undefined,
): Promise<RollbackTotals> {
  totals.notStarted = documents - totals.documents;
  totals.documents = documents;
  await session?.end({ ...totals }, totals.notStarted === 0, {
    documents: totals.notStarted,
    containers: 0,
    unread: 0,
    unlisted: false,
  });
  return totals;
}

function emptyTotals(): RollbackTotals {
  return { documents: 0, rolledBack: 0, unchanged: 0, failed: 0, notStarted: 0, bytesBefore: 0, bytesAfter: 0 };
}

function count(totals: RollbackTotals, { outcome, bytesBefore, bytesAfter }: RollbackOutcome): void {
  totals.documents++;
  totals[outcome === 'rolled-back' ? 'rolledBack' : outcome]++;
  if (outcome !== 'rolled-back') return;
  totals.bytesBefore += bytesBefore;
  totals.bytesAfter += bytesAfter;
}

/** What is only a guess about a failed document stays out of the journal: there it still counts as migrated. */
function record(
  session: JournalSession,
  summary: JournalSummary,
  { id, outcome, bytesBefore, bytesAfter, code, reason }: RollbackOutcome,
): void {
  if (outcome === 'failed') return;
  const generation = summary.documents.get(id)?.result?.generation ?? 'unknown';
  session.append({
    kind: 'result',
    run: session.runId,
    at: session.now(),
    doc: id,
    outcome,
    generation,
    bytesBefore,
    bytesAfter,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  });
}
