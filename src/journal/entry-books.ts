import type { EndEntry, JournalEntry } from './entries.js';

/** A figure in which a journal differs from what a run says that it has written. */
export interface Discrepancy {
  readonly code: 'JOURNAL_INCOMPLETE';
  readonly run: string;
  /** RFC 3339, of the end of the run. */
  readonly at: string;
  /** As in `entries` of the run's end. */
  readonly figure: string;
  /** What the run says. */
  readonly written: number;
  /** What the journal has. */
  readonly found: number;
}

type Counts = Record<string, number>;

/** Adds an entry to the counts of its run. The end itself has them and is not among them. */
export function countEntry(counts: Counts, entry: JournalEntry): void {
  if (entry.kind === 'end') return;
  const figure = entry.kind !== 'result' ? entry.kind : entry.subject === 'container' ? 'container' : entry.outcome;
  counts[figure] = (counts[figure] ?? 0) + 1;
}

/**
 * Counts the entries of a journal by run, in the order of the file, and compares them with what each run says at its
 * end. A run that was killed says nothing. What was lost from it, or with a whole run, the next run shows: it says how
 * many entries there were before it.
 */
export class EntryBooks {
  readonly discrepancies: Discrepancy[] = [];
  /** How many entries were read. */
  entries = 0;
  private readonly runs = new Map<string, Counts>();
  /** Entries that are known to be missing: in damaged lines, and from runs that were compared. */
  private damaged = 0;
  private missing = 0;

  add(entry: JournalEntry): void {
    let counts = this.runs.get(entry.run);
    if (!counts) this.runs.set(entry.run, (counts = { earlier: this.entries }));
    if (entry.kind === 'end') this.compare(entry, counts);
    else countEntry(counts, entry);
    this.entries++;
  }

  /** A damaged line may have been any entry, and is reported by itself. */
  noteDamage(): void {
    this.damaged++;
  }

  private compare(end: EndEntry, counts: Counts): void {
    const written = writtenFigures(end);
    if (!written) return;
    const figures = end.entries ? new Set([...Object.keys(written), ...Object.keys(counts)]) : Object.keys(written);
    const differences = [...figures]
      .sort()
      .map((figure) => ({ figure, written: written[figure] ?? 0, found: counts[figure] ?? 0 }))
      .filter(({ figure, written, found }) => figure !== 'earlier' && written !== found);
    const missing = differences.reduce((sum, one) => sum + Math.max(0, one.written - one.found), 0);
    const hasMore = differences.some((one) => one.found > one.written);
    if (hasMore || missing > this.damaged) this.report(end, differences);
    this.compareEarlier(end, written.earlier ?? 0, counts.earlier ?? 0);
    this.missing += missing;
  }

  /** More than there were is no loss: journals may have been joined, or a damaged line was restored. */
  private compareEarlier(end: EndEntry, written: number, found: number): void {
    if (written - found <= this.damaged + this.missing) return;
    this.report(end, [{ figure: 'earlier', written, found }]);
    this.missing = Math.max(this.missing, written - found);
  }

  private report(
    { run, at }: EndEntry,
    differences: readonly Pick<Discrepancy, 'figure' | 'written' | 'found'>[],
  ): void {
    this.discrepancies.push(...differences.map((one) => ({ code: 'JOURNAL_INCOMPLETE' as const, run, at, ...one })));
  }
}

/** A run that did not count its entries still says how many documents it has migrated: each has one result. */
function writtenFigures({ entries, inventory, totals }: EndEntry): Counts | undefined {
  if (entries) return entries;
  return inventory && totals.migrated !== undefined ? { migrated: totals.migrated } : undefined;
}
