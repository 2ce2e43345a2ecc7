import { createHash } from 'node:crypto';
import type { EndEntry, JournalEntry } from './entries.js';

/** A figure in which a journal differs from what a run says that it has written. */
export interface Discrepancy {
  readonly code: 'JOURNAL_INCOMPLETE';
  readonly run: string;
  /** RFC 3339, of the end of the run. */
  readonly at: string;
  /**
   * As in `entries` of the run's end; or `replaced`, when the figures are right and the entries are others, and `late`,
   * entries of the run after its end.
   */
  readonly figure: string;
  /** What the run says. Of `replaced` and `late` it writes none. */
  readonly written: number;
  /** What the journal has. 1 for `replaced`: how many there are is not known. */
  readonly found: number;
}

type Counts = Record<string, number>;

/** Counts the entries of one run, and digests what they are about. The end itself has both and is not among them. */
export class RunBooks {
  readonly counts: Counts = {};
  private readonly hash = createHash('sha256');

  add(entry: JournalEntry): void {
    if (entry.kind === 'end') return;
    const figure = entry.kind !== 'result' ? entry.kind : entry.subject === 'container' ? 'container' : entry.outcome;
    this.counts[figure] = (this.counts[figure] ?? 0) + 1;
    this.hash.update(`${figure} ${entry.kind === 'run' ? '' : entry.doc}\n`);
  }

  /** Lower-case hex SHA-256 of the figure and document of each entry so far, in their order. */
  digest(): string {
    return this.hash.copy().digest('hex');
  }
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
  private readonly runs = new Map<string, { readonly books: RunBooks; readonly earlier: number }>();
  /** Ends of runs that counted their entries, by run. */
  private readonly ends = new Map<string, EndEntry>();
  /** Entries that are known to be missing: in damaged lines, and from runs that were compared. */
  private damaged = 0;
  private missing = 0;

  add(entry: JournalEntry): void {
    let run = this.runs.get(entry.run);
    if (!run) this.runs.set(entry.run, (run = { books: new RunBooks(), earlier: this.entries }));
    const end = this.ends.get(entry.run);
    if (end) this.addLate(end);
    else if (entry.kind === 'end') this.compare(entry, run.books, run.earlier);
    else run.books.add(entry);
    this.entries++;
  }

  /** A damaged line may have been any entry, and is reported by itself. */
  noteDamage(): void {
    this.damaged++;
  }

  private compare(end: EndEntry, books: RunBooks, earlier: number): void {
    if (end.entries) this.ends.set(end.run, end);
    const written = writtenFigures(end);
    if (!written) return;
    const { counts } = books;
    const figures = end.entries ? new Set([...Object.keys(written), ...Object.keys(counts)]) : Object.keys(written);
    const differences = [...figures]
      .sort()
      .map((figure) => ({ figure, written: written[figure] ?? 0, found: counts[figure] ?? 0 }))
      .filter(({ figure, written, found }) => figure !== 'earlier' && written !== found);
    const missing = differences.reduce((sum, one) => sum + Math.max(0, one.written - one.found), 0);
    const hasMore = differences.some((one) => one.found > one.written);
    if (hasMore || missing > this.damaged) this.report(end, differences);
    // An entry was lost and another one of its figure is there twice. A damaged line would explain another digest.
    if (differences.length === 0 && this.damaged === 0 && end.digest !== undefined && end.digest !== books.digest())
      this.report(end, [{ figure: 'replaced', written: 0, found: 1 }]);
    this.compareEarlier(end, written.earlier ?? 0, earlier);
    this.missing += missing;
  }

  /** More than there were is no loss: journals may have been joined, or a damaged line was restored. */
  private compareEarlier(end: EndEntry, written: number, found: number): void {
    if (written - found <= this.damaged + this.missing) return;
    this.report(end, [{ figure: 'earlier', written, found }]);
    this.missing = Math.max(this.missing, written - found);
  }

  /** The end is the last entry of a run. */
  private addLate(end: EndEntry): void {
    const at = this.discrepancies.findIndex(({ run, figure }) => run === end.run && figure === 'late');
    const found = this.discrepancies[at]?.found ?? 0;
    if (at >= 0) this.discrepancies.splice(at, 1);
    this.report(end, [{ figure: 'late', written: 0, found: found + 1 }]);
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
