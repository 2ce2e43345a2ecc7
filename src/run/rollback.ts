import { resolve } from 'node:path';
import type { RunEntry } from '../journal/entries.js';
import type { Discrepancy } from '../journal/entry-books.js';
import { lastRun, lostIntents, migratedByContainer, summarizeJournal } from '../journal/read.js';
import type { DamagedPlace, JournalSummary } from '../journal/read.js';
import { JournalSession } from '../journal/session.js';
import { IdMap, openContainers } from '../sources/open-containers.js';
import type { IdMapping } from '../sources/open-containers.js';
import { openStore } from '../store/open.js';
import { resolveAim } from './aim.js';
import type { Aim, AimRequest } from './aim.js';
import { processContext } from './context.js';
import type { RunContext, RunPorts } from './context.js';
import { Pace } from './pace.js';
import { listFolders, proveConditions } from './preflight.js';
import type { UnprovenBucket } from './preflight.js';
import { assertKnown, DEFAULT_CONCURRENCY, reachStore, reachTables } from './request.js';
import type { ReachRequest } from './request.js';
import { RestoreLog } from './restore-log.js';
import { rollbackDocuments } from './restore.js';
import { INTENT_LOST } from './verify.js';
import type { RestoredDocument, RollbackOutcome } from './restore.js';

/** A rollback as plain JSON. */
export interface RollbackRequest extends ReachRequest, AimRequest {
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

/** A migration that a rollback undid, or in a dry run would undo. */
export interface UndoneRun {
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
  readonly command: string;
  readonly sources: readonly string[];
  /** Documents of the run that were taken and had changed. */
  readonly documents: number;
}

export interface RollbackReport {
  readonly applied: boolean;
  /** In the order of the journal. */
  readonly runs: readonly UndoneRun[];
  readonly totals: RollbackTotals;
  /** Places of the journal that were skipped: documents that only they name are not restored. */
  readonly damaged: readonly DamagedPlace[];
  /** Where the journal does not have what its runs have written: what is missing is not restored. */
  readonly discrepancies: readonly Discrepancy[];
  /** Buckets of which it is not known whether their server honours conditions. */
  readonly unproven: readonly UnprovenBucket[];
}

/**
 * Restores the original bytes of every document that a journal says was migrated, and writes into the journal that
 * they are restored. `sources`, `run`, `where` and `limit` choose among them; `where` judges the bags as they were. A
 * document that changed since is left as it is. Throws `ConfigError` when the journal or the store cannot be used, and
 * for sources or a run that the journal does not have.
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
  const aim = resolveAim(request, before, context.cwd);
  const unproven =
    request.apply === true ? await proveContainers(request, run, aim.select(migratedByContainer(before)), context) : [];
  const session = request.apply === true ? await openSession(request, directory, before, aim, context) : undefined;
  try {
    await ports.onBegin?.(() => Promise.resolve(undefined));
    const opened = { directory, run, aim, context, session, summary: session?.summary ?? before };
    const { totals, runs } = await restoreAll(request, opened, ports);
    const { damaged, discrepancies } = before;
    return { applied: request.apply === true, totals, runs, damaged, discrepancies, unproven };
  } finally {
    await session?.close();
  }
}

/** Proves that the servers of the documents honour conditions. */
function proveContainers(
  request: RollbackRequest,
  run: RunEntry,
  containers: ReadonlyMap<string, unknown>,
  { cwd }: RunContext,
): Promise<readonly UnprovenBucket[]> {
  const map = new IdMap(request.map ?? [], cwd);
  const ids = Array.from(containers.keys(), (id) => map.locate(id));
  return proveConditions(listFolders(ids), reachStore(request, run).s3);
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
  sources: true,
  run: true,
  where: true,
  limit: true,
};

function openSession(
  { skipDamaged }: RollbackRequest,
  directory: string,
  summary: JournalSummary,
  { kept }: Aim,
  context: RunContext,
): Promise<JournalSession> {
  const { target, options, store, prefix, bucket } = lastRun(directory, summary);
  const sources = [...new Set(summary.runs.flatMap((run) => run.sources))];
  return JournalSession.open(
    directory,
    {
      command: 'rollback',
      ...{ target, store, bucket, prefix, sources },
      // The last run may have been a rollback with an aim of its own.
      options: { ...options, aim: kept },
    },
    context,
    { skipDamaged },
  );
}

interface OpenRollback {
  readonly directory: string;
  readonly run: RunEntry;
  readonly aim: Aim;
  readonly context: RunContext;
  readonly session: JournalSession | undefined;
  readonly summary: JournalSummary;
}

async function restoreAll(
  request: RollbackRequest,
  { directory, run, aim, context, session, summary }: OpenRollback,
  { stop, pace, onOutcome }: RunPorts<RollbackOutcome>,
): Promise<Pick<RollbackReport, 'totals' | 'runs'>> {
  const settings = reachStore(request, run);
  const map = new IdMap(request.map ?? [], context.cwd);
  const known = migratedByContainer(summary);
  const containers = aim.select(known);
  // A document without an intent is in no run that could be chosen.
  const lost = aim.kept === undefined ? lostIntents(summary) : [];
  const totals = emptyTotals(Array.from(containers.values()).flat().length + lost.length);
  const undone = new UndoneRuns(summary, aim);
  const log = session && new RestoreLog(session);
  for (const { doc, bytesAfter } of lost) {
    const outcome = { id: doc, outcome: 'failed', bytesBefore: bytesAfter, bytesAfter, ...INTENT_LOST } as const;
    count(totals, outcome);
    await onOutcome?.(map.rename(outcome));
  }
  await rollbackDocuments({
    directory,
    containers,
    known,
    blobs: (await openStore(settings, context.cwd)).blobs,
    open: await openContainers(containers, { s3: settings.s3, tables: reachTables(request, run), map }),
    log,
    aim,
    onLeft: (count) => {
      leave(totals, count);
    },
    pace: pace ?? new Pace(request.concurrency ?? DEFAULT_CONCURRENCY),
    ...(stop && { stop }),
    onOutcome: async (outcome, document) => {
      count(totals, outcome);
      undone.add(outcome, document);
      await log?.record(outcome, document);
      await onOutcome?.(map.rename(outcome));
    },
  });
  leave(totals, Math.max(0, totals.notStarted - aim.left));
  await session?.end({
    totals: { ...totals },
    complete: totals.notStarted === 0,
    notStarted: { documents: totals.notStarted, containers: 0, unread: 0, unlisted: false },
  });
  return { totals, runs: undone.list() };
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

/** Takes documents that are not meant out of the account. */
function leave(totals: RollbackTotals, documents: number): void {
  totals.documents -= documents;
  totals.notStarted -= documents;
}

/** Counts the documents by the migrations that are undone with them. */
class UndoneRuns {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly summary: JournalSummary,
    private readonly aim: Aim,
  ) {}

  add({ outcome }: RollbackOutcome, { state }: RestoredDocument): void {
    if (outcome === 'unchanged') return;
    const runs = new Set(this.aim.undone(state).map(({ run }) => run));
    for (const run of runs) this.counts.set(run, (this.counts.get(run) ?? 0) + 1);
  }

  list(): readonly UndoneRun[] {
    return this.summary.runs.flatMap(({ run, at, command, sources }) => {
      const documents = this.counts.get(run);
      return documents === undefined ? [] : [{ run, at, command, sources, documents }];
    });
  }
}
