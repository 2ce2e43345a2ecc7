import type { Inventory } from '../sources/inventory.js';
import type { Gap } from './coverage.js';
import type { NotStarted, ResultEntry } from './entries.js';
import { addMigratedBytes } from './entries.js';
import { lastRun, readJournal, summarizeJournal } from './read.js';
import type { Discrepancy } from './entry-books.js';
import type { DamagedPlace, JournalSummary, SummarizeOptions } from './read.js';

interface JournalTotals {
  documents: number;
  migrated: number;
  unchanged: number;
  quarantined: number;
  failed: number;
  rolledBack: number;
  /** They needed attention, and a later complete run over their sources did not see them. */
  gone: number;
  /** Files and objects of lines that could not be read or replaced; their lines that were read are documents. */
  containersFailed: number;
  /** Intents without a result: the run was killed, and running it again settles them. */
  unsettled: number;
  /** Bytes of the migrated documents. */
  bytesBefore: number;
  bytesAfter: number;
  blobsWritten: number;
  blobsReused: number;
}

/** Documents that need attention, with the reason of their last result. */
interface JournalFinding {
  readonly id: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
}

export interface JournalStatus {
  readonly runs: number;
  /** True when every run came to its end or a later one has made up for it. */
  readonly isClosed: boolean;
  /** What was left by runs that were stopped or killed, and not made up for. */
  readonly unfinished: readonly Gap[];
  /** What was asked for instead of all documents of the sources, where no run was about all of them. */
  readonly parts: readonly Gap[];
  /** What became of the entries of the sources in the last migration that came to its end. */
  readonly inventory: Inventory | undefined;
  /** Places of the journal that were skipped because they are damaged: what they said is not counted. */
  readonly damaged: readonly DamagedPlace[];
  /** Where the journal does not have what its runs have written: the totals are not all. */
  readonly discrepancies: readonly Discrepancy[];
  readonly totals: JournalTotals;
  readonly findings: readonly JournalFinding[];
}

const COUNTER = {
  migrated: 'migrated',
  unchanged: 'unchanged',
  quarantined: 'quarantined',
  failed: 'failed',
  'rolled-back': 'rolledBack',
} as const satisfies Record<Exclude<ResultEntry['outcome'], 'not-started'>, keyof JournalTotals>;

/** Where a journal stands: the last word on every document. */
export function journalStatus(summary: JournalSummary): JournalStatus {
  const totals = emptyTotals();
  const findings: JournalFinding[] = [];
  const states = Array.from(summary.documents.values());
  const results = [...states.filter(({ isGone }) => !isGone).map(({ result }) => result), ...summary.others.values()];
  // Containers are no documents.
  const failures = Array.from(summary.gone.values()).filter(({ subject }) => subject === undefined);
  totals.gone = failures.length + states.filter(({ isGone }) => isGone).length;
  totals.documents = totals.gone;
  for (const result of results) {
    if (result?.subject !== 'container') totals.documents++;
    if (!result) totals.unsettled++;
    else addResult(totals, findings, result);
  }
  const gaps = summary.coverage.gaps();
  const unfinished = gaps.filter(({ kind }) => kind !== 'part');
  const parts = gaps.filter(({ kind }) => kind === 'part');
  return {
    runs: summary.runs.length,
    isClosed: summary.isClosed,
    unfinished,
    parts,
    inventory: summary.inventory,
    damaged: summary.damaged,
    discrepancies: summary.discrepancies,
    totals,
    findings,
  };
}

/** True when nothing is left to do: exit code 0 of what tells of a journal. */
export function isSettled({
  totals,
  isClosed,
  damaged,
  discrepancies,
}: Pick<JournalStatus, 'totals' | 'isClosed' | 'damaged' | 'discrepancies'>): boolean {
  const { failed, quarantined, containersFailed, unsettled } = totals;
  if (discrepancies.length > 0) return false;
  return isClosed && damaged.length + failed + quarantined + containersFailed + unsettled === 0;
}

function addResult(totals: JournalTotals, findings: JournalFinding[], result: ResultEntry): void {
  // A voided intent leaves no result.
  if (result.outcome === 'not-started') return;
  totals[result.subject === 'container' ? 'containersFailed' : COUNTER[result.outcome]]++;
  addMigratedBytes(totals, result);
  totals.blobsWritten += result.blobsWritten ?? 0;
  totals.blobsReused += result.blobsReused ?? 0;
  if (result.outcome === 'failed' || result.outcome === 'quarantined') {
    findings.push({ id: result.doc, outcome: result.outcome, code: result.code ?? '', reason: result.reason ?? '' });
  }
}

function emptyTotals(): JournalTotals {
  return {
    documents: 0,
    migrated: 0,
    unchanged: 0,
    quarantined: 0,
    failed: 0,
    rolledBack: 0,
    gone: 0,
    containersFailed: 0,
    unsettled: 0,
    bytesBefore: 0,
    bytesAfter: 0,
    blobsWritten: 0,
    blobsReused: 0,
  };
}

/** One run of a journal. */
export interface RunReport {
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
  readonly command: string;
  readonly target: string;
  readonly store: string;
  readonly sources: readonly string[];
  /** `undefined` when the run was killed before it could say. */
  readonly complete: boolean | undefined;
  readonly totals: Readonly<Record<string, number>> | undefined;
  /** What it left; `undefined` where that was not counted. */
  readonly notStarted: NotStarted | undefined;
}

export interface JournalReport extends Omit<JournalStatus, 'runs'> {
  readonly runs: readonly RunReport[];
  /** How many documents have each code as the last word on them. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Reads a journal for a report. Throws `ConfigError` when there is none, or nothing in it. */
export async function readReport(directory: string, options: SummarizeOptions = {}): Promise<JournalReport> {
  return reportOf(directory, await summarizeJournal(directory, options), options);
}

/** The same of a journal that has been read. */
export async function reportOf(
  directory: string,
  summary: JournalSummary,
  { skipDamaged = false }: SummarizeOptions = {},
): Promise<JournalReport> {
  lastRun(directory, summary);
  return { ...journalStatus(summary), runs: await readRuns(directory, skipDamaged), codes: codesOf(summary) };
}

async function readRuns(directory: string, skipDamaged: boolean): Promise<readonly RunReport[]> {
  const runs = new Map<string, RunReport>();
  for await (const { entry } of readJournal(directory, skipDamaged ? { onDamaged: () => undefined } : {})) {
    if (entry.kind === 'run') {
      const { run, at, command, target, store, sources } = entry;
      runs.set(run, {
        run,
        at,
        command,
        target,
        store,
        sources,
        complete: undefined,
        totals: undefined,
        notStarted: undefined,
      });
    } else if (entry.kind === 'end') {
      const { run, complete, totals, notStarted } = entry;
      const known = runs.get(run);
      if (known) runs.set(run, { ...known, complete, totals, notStarted });
    }
  }
  return [...runs.values()];
}

function codesOf({ documents, others }: JournalSummary): Readonly<Record<string, number>> {
  const results = [...Array.from(documents.values(), ({ result }) => result), ...others.values()];
  const counts = new Map<string, number>();
  for (const code of results.flatMap((result) => result?.code ?? [])) counts.set(code, (counts.get(code) ?? 0) + 1);
  return Object.fromEntries(counts);
}
