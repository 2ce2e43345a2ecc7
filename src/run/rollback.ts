import { resolve } from 'node:path';
import type { RunEntry } from '../journal/entries.js';
import { lastRun, lostIntents, migratedByContainer, summarizeJournal } from '../journal/read.js';
import type { DamagedPlace, JournalSummary } from '../journal/read.js';
import { JournalSession } from '../journal/session.js';
import { IdMap } from '../sources/id-map.js';
import type { IdMapping } from '../sources/id-map.js';
import { openContainers } from '../sources/open-containers.js';
import { openStore } from '../sources/open-store.js';
import { processContext } from './context.js';
import type { RunContext, RunPorts } from './context.js';
import { reachStore, reachTables } from './reach.js';
import type { ReachRequest } from './reach.js';
import { assertKnown, DEFAULT_CONCURRENCY } from './request.js';
import { rollbackDocuments } from './restore.js';
import { INTENT_LOST } from './verify.js';
import type { RollbackOutcome } from './restore.js';

/** A rollback as plain JSON. */
export interface RollbackRequest extends ReachRequest {
  /** Directory of the journal. */
  readonly journal: string;
  /** Writes; without it everything is computed and nothing is written. */
  readonly apply?: boolean;
  /** Documents in hand at a time. Default 8. */
  readonly concurrency?: number;
  /** Skip damaged places of the journal; `damaged` of the report names them. Default false. */
  readonly skipDamaged?: boolean | undefined;
  /** Documents that were moved: starts of their paths or URIs in the journal, and now. Output has the ids of now. */
  readonly map?: IdMapping;
}

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

export interface RollbackReport {
  readonly applied: boolean;
  readonly totals: RollbackTotals;
  /** Places of the journal that were skipped: documents that only they name are not restored. */
  readonly damaged: readonly DamagedPlace[];
}

/**
 * Restores the original bytes of every document that a journal says was migrated, and writes into the journal that
 * they are restored. A document that changed since is left as it is. Throws `ConfigError` when the journal or the
 * store cannot be used.
 *
 * @example
 * const { totals } = await rollback({ journal: 'statebag-journal', apply: true });
 * console.log(`${totals.rolledBack} of ${totals.documents} documents have their original bytes again`);
 */
export async function rollback(
  request: RollbackRequest,
  ports: RunPorts<RollbackOutcome> = {},
): Promise<RollbackReport> {
  assertKnown(request, ROLLBACK_MEMBERS);
  const context = ports.context ?? processContext();
  const directory = resolve(context.cwd, request.journal);
  const before = await summarizeJournal(directory, request);
  const run = lastRun(directory, before);
  const session = request.apply === true ? await openSession(request, directory, run, context) : undefined;
  try {
    await ports.onBegin?.(() => Promise.resolve(undefined));
    const totals = await restoreAll(
      request,
      { directory, run, context, session, summary: session?.summary ?? before },
      ports,
    );
    return { applied: request.apply === true, totals, damaged: before.damaged };
  } finally {
    await session?.close();
  }
}

const ROLLBACK_MEMBERS: Readonly<Record<keyof RollbackRequest, true>> = {
  journal: true,
  apply: true,
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

function openSession(
  { skipDamaged }: RollbackRequest,
  directory: string,
  { target, sources, options, store, prefix, bucket }: RunEntry,
  context: RunContext,
): Promise<JournalSession> {
  return JournalSession.open(
    directory,
    { command: 'rollback', target, store, bucket, prefix, sources, options },
    context,
    { skipDamaged },
  );
}

interface OpenRollback {
  readonly directory: string;
  readonly run: RunEntry;
  readonly context: RunContext;
  readonly session: JournalSession | undefined;
  readonly summary: JournalSummary;
}

async function restoreAll(
  request: RollbackRequest,
  { directory, run, context, session, summary }: OpenRollback,
  { stop, onOutcome }: RunPorts<RollbackOutcome>,
): Promise<RollbackTotals> {
  const settings = reachStore(request, run);
  const map = new IdMap(request.map ?? [], context.cwd);
  const containers = migratedByContainer(summary);
  const lost = lostIntents(summary);
  const totals = emptyTotals(Array.from(containers.values()).flat().length + lost.length);
  for (const { doc, bytesAfter } of lost) {
    const outcome = { id: doc, outcome: 'failed', bytesBefore: bytesAfter, bytesAfter, ...INTENT_LOST } as const;
    count(totals, outcome);
    await onOutcome?.(map.rename(outcome));
  }
  await rollbackDocuments({
    directory,
    summary,
    blobs: (await openStore(settings, context.cwd)).blobs,
    open: await openContainers(containers, { s3: settings.s3, tables: reachTables(request, run), map }),
    apply: session !== undefined,
    concurrency: request.concurrency ?? DEFAULT_CONCURRENCY,
    ...(stop && { stop }),
    onOutcome: async (outcome) => {
      count(totals, outcome);
      if (session) record(session, summary, outcome);
      await onOutcome?.(map.rename(outcome));
    },
  });
  await session?.end({ ...totals }, totals.notStarted === 0, {
    documents: totals.notStarted,
    containers: 0,
    unread: 0,
    unlisted: false,
  });
  return totals;
}

/** A document that no outcome is reported of was not started. */
function emptyTotals(documents: number): RollbackTotals {
  return { documents, rolledBack: 0, unchanged: 0, failed: 0, notStarted: documents, bytesBefore: 0, bytesAfter: 0 };
}

function count(totals: RollbackTotals, { outcome, bytesBefore, bytesAfter }: RollbackOutcome): void {
  totals.notStarted--;
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
  session.append({
    kind: 'result',
    run: session.runId,
    at: session.now(),
    doc: id,
    outcome,
    generation: summary.documents.get(id)?.result?.generation ?? 'unknown',
    bytesBefore,
    bytesAfter,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  });
}
