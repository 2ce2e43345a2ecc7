import type { Gap } from '../../journal/coverage.js';
import type { Discrepancy } from '../../journal/entry-books.js';
import type { JournalStatus } from '../../journal/report.js';
import { continueLine, formatCommandLine } from '../command-line.js';
import { inventoryRows } from './run-figures.js';
import { byteRows, formatCount } from './format.js';
import type { TableRow } from './format.js';

type Figures = Pick<JournalStatus, 'runs' | 'isClosed' | 'totals' | 'unfinished' | 'inventory'> & Flaws;

export function statusRows(status: Figures): readonly TableRow[] {
  const { runs, isClosed, totals, unfinished, inventory } = status;
  const isKilled = unfinished.some(({ kind }) => kind === 'killed');
  return [
    [
      'runs',
      formatCount(runs),
      isClosed ? '' : isKilled ? 'the last one did not get to its end; run it again' : stopRemark(unfinished),
    ],
    ['documents', formatCount(totals.documents)],
    ['migrated', formatCount(totals.migrated)],
    ['unchanged', formatCount(totals.unchanged)],
    ['rolled back', formatCount(totals.rolledBack)],
    ['quarantined', formatCount(totals.quarantined), totals.quarantined > 0 ? TO_SETTLE : ''],
    ['failed', formatCount(totals.failed), totals.quarantined === 0 && totals.failed > 0 ? TO_SETTLE : ''],
    ...(totals.gone > 0 ? [['gone', formatCount(totals.gone), GONE] as const] : []),
    ...(totals.containersFailed > 0
      ? [
          [
            'containers failed',
            formatCount(totals.containersFailed),
            'files of lines; run again with --only-failed',
          ] as const,
        ]
      : []),
    [
      'unsettled',
      formatCount(totals.unsettled),
      totals.unsettled > 0 ? 'a killed run did not say how they ended; run it again' : '',
    ],
    ...(inventory ? inventoryRows(inventory) : []),
    ...flawRows(status),
    ...byteRows(totals),
    ['blobs written', formatCount(totals.blobsWritten)],
    ['blobs reused', formatCount(totals.blobsReused)],
  ];
}

const TO_SETTLE =
  'correct or remove them, then run migrate again over the whole source; a complete run settles what is gone';
const GONE = 'failed or were quarantined, and a later complete run did not see them';

/** A run that reached its end is not complete either when entries were unreadable, skipped or empty. */
function stopRemark(gaps: readonly Gap[]): string {
  const isStopped = ({ notStarted: left, skippedOrEmpty }: Gap): boolean =>
    left === undefined || left.unlisted || left.documents + left.containers > 0 || left.unread + skippedOrEmpty === 0;
  return gaps.some(isStopped) ? 'stopped early' : 'not complete';
}

/** What a journal lacks. */
type Flaws = Partial<Pick<JournalStatus, 'damaged' | 'discrepancies'>>;

/** Empty when nothing was skipped and nothing is missing. */
export function flawRows({ damaged = [], discrepancies = [] }: Flaws): readonly TableRow[] {
  return [
    ...(damaged.length > 0
      ? [
          [
            'damaged',
            formatCount(damaged.length),
            'lines of the journal skipped; statebag journal check names them',
          ] as const,
        ]
      : []),
    ...(discrepancies.length > 0
      ? [['journal incomplete', formatCount(countMissing(discrepancies)), MISSING] as const]
      : []),
  ];
}

const MISSING = 'entries are missing or too many, so these figures are not all; statebag journal check says more';

/** The same as sentences. */
export function flawLines({ damaged = [], discrepancies = [] }: Flaws, directory: string): readonly string[] {
  const check = formatCommandLine(['journal', 'check', directory]);
  return [
    ...(damaged.length > 0
      ? [`damaged: ${formatCount(damaged.length)} lines of the journal skipped; to see them: ${check}`]
      : []),
    ...discrepancyLines(discrepancies),
  ];
}

/** The same as `--json` has it: nothing for a sound journal. */
export function flawMembers({ damaged = [], discrepancies = [] }: Flaws): Flaws {
  return { ...(damaged.length > 0 && { damaged }), ...(discrepancies.length > 0 && { discrepancies }) };
}

function countMissing(discrepancies: readonly Discrepancy[]): number {
  return discrepancies.reduce((sum, { written, found }) => sum + Math.abs(written - found), 0);
}

/** One sentence for each run whose entries do not add up. */
export function discrepancyLines(discrepancies: readonly Discrepancy[]): readonly string[] {
  return [...new Set(discrepancies.map(({ run }) => run))].map((id) => {
    const figures = discrepancies.filter(({ run }) => run === id);
    const counts = figures.map(describeFigure);
    return `JOURNAL_INCOMPLETE: run ${id} ended at ${figures[0]!.at}, and the journal has ${counts.join(', ')}; restore it from a copy, or see: ${formatCommandLine(['explain', 'JOURNAL_INCOMPLETE'])}`;
  });
}

function describeFigure({ figure, written, found }: Discrepancy): string {
  if (figure === 'replaced') return 'other entries than the run has written, in the same number';
  if (figure === 'late') return `${formatCount(found)} entries of the run after its end`;
  return `${formatCount(found)} of ${formatCount(written)} ${WORDS[figure] ?? figure}`;
}

/** Figures that are not outcomes. */
const WORDS: Readonly<Record<string, string>> = {
  earlier: 'entries of earlier runs',
  run: 'beginning of the run',
  intent: 'intents',
  container: 'results of containers',
};

/** The gaps of a journal as `--json` has them. */
export function gapMembers({ unfinished, parts }: Pick<JournalStatus, 'unfinished' | 'parts'>, directory: string) {
  const member = ({ kind, run, sources, notStarted, scopes }: Gap) => ({
    kind,
    run: run.run,
    at: run.at,
    command: run.command,
    sources,
    scopes,
    notStarted: notStarted ?? null,
  });
  return {
    notStarted: countLeft(unfinished) ?? null,
    unfinished: unfinished.map((gap) => ({ ...member(gap), toContinue: continueLine(gap, directory) })),
    parts: parts.map(member),
  };
}

/** Documents, files, objects and rows that were left; `undefined` when it is not known. */
function countLeft(gaps: readonly Gap[]): number | undefined {
  const counts = gaps.map(({ notStarted: left }) =>
    left === undefined || left.unlisted ? undefined : left.documents + left.containers + left.unread,
  );
  return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);
}

/** One line for each thing that was left, with the command that goes on; empty when there is nothing. */
export function gapLines(
  status: Pick<JournalStatus, 'unfinished' | 'parts' | 'discrepancies'>,
  directory: string,
): string {
  return [
    ...discrepancyLines(status.discrepancies),
    ...unfinishedLines(status.unfinished, directory),
    ...partLines(status.parts),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

export function unfinishedLines(gaps: readonly Gap[], directory: string): readonly string[] {
  return [...new Set(gaps.map((gap) => `${leftOf(gap)}; to continue: ${continueLine(gap, directory)}`))];
}

export function partLines(gaps: readonly Gap[]): readonly string[] {
  return gaps.map(
    ({ scopes, sources }) => `part only: ${scopes.join(', ')} of ${sources.join(' ')}; the rest is not in this journal`,
  );
}

function leftOf({ kind, run, notStarted: left, skippedOrEmpty }: Gap): string {
  const subject = run.command === 'rollback' ? 'rollback ' : '';
  if (kind === 'killed') return `${subject}killed before its end: an unknown number not started`;
  if (!left) return `${subject}stopped early: an unknown number not started`;
  const count = left.documents + left.containers;
  if (count + left.unread === 0 && !left.unlisted && skippedOrEmpty > 0)
    return `${subject}not complete: ${formatCount(skippedOrEmpty)} entries were skipped or are empty; name them, or add --ignore or --allow-empty`;
  if (count + left.unread === 0 && !left.unlisted)
    return `${subject}stopped early: no document that was listed is left`;
  if (count === 0 && !left.unlisted)
    return `${subject}not complete: ${formatCount(left.unread)} directories or links could not be read`;
  const unread = left.unread > 0 ? `, ${formatCount(left.unread)} directories or links could not be read` : '';
  return `${subject}stopped early: ${left.unlisted ? 'at least ' : ''}${formatCount(count)} not started${unread}`;
}
