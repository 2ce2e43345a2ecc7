import { readJournal, summarizeJournal } from '../batch/journal-read.js';
import type { JournalSummary } from '../batch/journal-read.js';
import { statusOf } from '../batch/status.js';
import type { JournalStatus } from '../batch/status.js';
import type { NotStarted } from '../batch/journal-entry.js';
import { lastRun } from './journal-store.js';

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
export async function readReport(directory: string): Promise<JournalReport> {
  return reportOf(directory, await summarizeJournal(directory));
}

/** The same of a journal that has been read. */
export async function reportOf(directory: string, summary: JournalSummary): Promise<JournalReport> {
  lastRun(directory, summary);
  return { ...statusOf(summary), runs: await readRuns(directory), codes: codesOf(summary) };
}

async function readRuns(directory: string): Promise<readonly RunReport[]> {
  const runs = new Map<string, RunReport>();
  for await (const { entry } of readJournal(directory)) {
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
