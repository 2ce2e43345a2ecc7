import { parseS3Uri } from '../../store/index.js';
import type { Journal } from '../../journal/journal.js';
import type { IntentEntry, ResultEntry } from '../../journal/entries.js';
import type { JournalSummary } from '../../journal/read.js';
import { addToTotals, emptyTotals } from '../../run/outcome.js';
import type { Totals } from '../../run/outcome.js';
import type { Reported, TaskAnswer, ToldResult } from './task-answer.js';
import type { TaskRecords } from './task-records.js';
import { omit } from './omit.js';

export interface CollectOptions {
  readonly records: TaskRecords;
  /** Tasks of completion reports and result files, in the order in which the runs were. */
  readonly reports: AsyncIterable<Reported>;
  readonly journal: Pick<Journal, 'append' | 'flush' | 'isFull'>;
  /** What the journal says already. */
  readonly summary: JournalSummary | undefined;
  readonly runId: string;
  /** RFC 3339. */
  readonly now: () => string;
  readonly onResult?: (result: ResultEntry) => void | Promise<void>;
}

/**
 * Makes a journal of what tasks have left behind: every intent from their records, and behind them every result from
 * their reports. What the journal knows already is passed over, so that it may be done again, and after a rollback.
 */
export async function collect(options: CollectOptions): Promise<void> {
  for await (const { entries } of options.records.all()) {
    for (const entry of entries) if (entry.kind === 'intent') await addIntent(entry, options);
  }
  for await (const reported of options.reports) {
    for (const told of await resultsOf(reported, options)) await addResult(told, options);
  }
  await options.journal.flush();
}

async function addIntent(intent: IntentEntry, { journal, summary, runId }: CollectOptions): Promise<void> {
  const known = summary?.documents.get(intent.doc);
  if (known?.before === intent.before && known.after === intent.after) return;
  journal.append({ ...intent, run: runId });
  if (journal.isFull) await journal.flush();
}

async function addResult(told: ToldResult, { journal, summary, runId, onResult }: CollectOptions): Promise<void> {
  const known = summary?.documents.get(told.doc)?.result ?? summary?.others.get(told.doc);
  if (known && known.at >= told.at) return;
  const result: ResultEntry = { kind: 'result', run: runId, ...told };
  journal.append(result);
  if (journal.isFull) await journal.flush();
  await onResult?.(result);
}

async function resultsOf(
  { answer, silent }: Reported,
  { records, now }: CollectOptions,
): Promise<readonly ToldResult[]> {
  if (silent)
    return silent.ids.map((doc) => ({ ...NOTHING, at: now(), doc, code: silent.code, reason: silent.reason }));
  if (!answer) return [];
  if ('result' in answer) return [answer.result];
  const results = answer.results !== undefined ? (await records.read(parseS3Uri(answer.results))).flatMap(toldOf) : [];
  return [...results, ...leftBy(answer, now())];
}

/** A task that ran out of time left documents: its container has failed until a later result tells of what is in it. */
function leftBy({ id: doc, counts }: Extract<TaskAnswer, { counts: unknown }>, at: string): readonly ToldResult[] {
  const left = counts['not-started'] ?? 0;
  if (left === 0) return [];
  return [
    {
      ...NOTHING,
      at,
      doc,
      code: 'RUN_STOPPED',
      reason: `the task ended before ${left} of its documents were started; run it again`,
    },
  ];
}

const NOTHING = {
  outcome: 'failed',
  generation: 'unknown',
  bytesBefore: 0,
  bytesAfter: 0,
  blobsWritten: 0,
  blobsReused: 0,
} as const;

function toldOf(entry: IntentEntry | ResultEntry): readonly ToldResult[] {
  return entry.kind === 'result' ? [omit(entry, ['kind', 'run'])] : [];
}

/** The last word on every document, counted as a run counts. An intent without a result counts as not started. */
export function totalsOf({ documents, others }: JournalSummary): Totals {
  const totals = emptyTotals();
  for (const result of [...Array.from(documents.values(), (state) => state.result), ...others.values()]) {
    if (!result) totals.notStarted++;
    if (!result || result.outcome === 'rolled-back') continue;
    const { outcome, bytesBefore, bytesAfter, generation, blobsWritten = 0, blobsReused = 0 } = result;
    addToTotals(totals, { id: result.doc, outcome, bytesBefore, bytesAfter, generation, blobsWritten, blobsReused });
  }
  totals.documents += totals.notStarted;
  return totals;
}
