import { lastRun, lostIntents, readJournal, summarizeJournal } from './read.js';
import type { DamagedPlace } from './read.js';
import type { Discrepancy } from './entry-books.js';

/** What a reading of every line of a journal found. */
export interface JournalCheck {
  readonly entries: number;
  readonly runs: number;
  readonly documents: number;
  /** Lines that are not entries. */
  readonly damaged: readonly DamagedPlace[];
  /** Unfinished lines of killed runs, which every command skips. */
  readonly torn: readonly DamagedPlace[];
  /** Ids of documents that were migrated and that this journal cannot restore, because their intent is missing. */
  readonly lostIntents: readonly string[];
  /** Where the journal does not have what its runs have written, damaged lines apart. */
  readonly discrepancies: readonly Discrepancy[];
}

/**
 * Reads every line of a journal and names what is not an entry. Throws `ConfigError` `JOURNAL_MISSING` where there is
 * no journal, `JOURNAL_EMPTY` where one has no run and nothing else to report, and `JOURNAL_VERSION`.
 */
export async function checkJournal(directory: string): Promise<JournalCheck> {
  const [damaged, torn]: [DamagedPlace[], DamagedPlace[]] = [[], []];
  let entries = 0;
  const places = {
    onDamaged: (place: DamagedPlace) => damaged.push(place),
    onTorn: (place: DamagedPlace) => torn.push(place),
  };
  const lines = readJournal(directory, places)[Symbol.asyncIterator]();
  while ((await lines.next()).done !== true) entries++;
  const summary = await summarizeJournal(directory, { skipDamaged: true });
  if (damaged.length + summary.discrepancies.length === 0) lastRun(directory, summary);
  return {
    entries,
    runs: summary.runs.length,
    documents: summary.documents.size + summary.others.size,
    damaged,
    torn,
    lostIntents: lostIntents(summary).map(({ doc }) => doc),
    discrepancies: summary.discrepancies,
  };
}
