import pMap from 'p-map';
import type { IntentEntry, ResultEntry } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import type { JournalSummary } from '../journal/read.js';
import { addToTotals, emptyTotals, NOTHING_DONE } from '../run/outcome.js';
import type { Totals } from '../run/outcome.js';
import { digestDocument } from '../run/transform.js';
import type { SourceContainer } from '../sources/source.js';
import { parseS3Uri } from '../store/index.js';
import type { TaskEntry, TaskRecords } from './task-records.js';
import type { TaskResult } from './task.js';
import { omit } from '../run/request.js';

export interface CollectOptions {
  readonly records: TaskRecords;
  /** Tasks of completion reports and result files, in the order in which the runs were. */
  readonly reports: AsyncIterable<Reported>;
  readonly journal: Pick<Journal, 'append' | 'flush' | 'isFull'>;
  /** Opens a container by its id, to compare its documents with what the records say they were to become. */
  readonly open: (id: string) => Promise<SourceContainer>;
  /** What the journal says already. */
  readonly summary: JournalSummary | undefined;
  readonly runId: string;
  /** RFC 3339. */
  readonly now: () => string;
  readonly onResult?: (result: ResultEntry) => void | Promise<void>;
}

/** Containers without an answer that are looked at together. */
const LOOKED_AT = 16;

/**
 * Makes a journal of what tasks have left: every intent from their records, and after them every result from their
 * reports. A task that gave no answer, or answered that it failed, may still have done its work: then the bytes of the
 * document decide, and the record has the result. What the journal knows already is passed over, so that it may be done
 * again, and after a rollback.
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
  const known = knownResult(told.doc, summary);
  if (known && known.at >= told.at) return;
  const result: ResultEntry = { kind: 'result', run: runId, ...told };
  journal.append(result);
  if (journal.isFull) await journal.flush();
  await onResult?.(result);
}

function knownResult(doc: string, summary: JournalSummary | undefined): ResultEntry | undefined {
  return summary?.documents.get(doc)?.result ?? summary?.others.get(doc);
}

async function resultsOf({ answer, silent }: Reported, options: CollectOptions): Promise<readonly ToldResult[]> {
  if (silent) return (await pMap(silent.ids, (doc) => lookAt(doc, silent, options), { concurrency: LOOKED_AT })).flat();
  if (!answer) return [];
  if ('result' in answer) {
    const { result } = answer;
    const seen = result.outcome === 'failed' ? await seeDone(answer.id, options) : NOTHING_SEEN;
    return seen.isWhole ? seen.done : [result];
  }
  const { records } = options;
  const results = answer.results !== undefined ? (await records.read(parseS3Uri(answer.results))).flatMap(toldOf) : [];
  const left = answer.counts['not-started'] ?? 0;
  if (left === 0) return results;
  const answered = new Set(results.map(({ doc }) => doc));
  const seen = await lookAt(answer.id, leftBy(left), options);
  return [...results, ...seen.filter(({ doc }) => !answered.has(doc))];
}

/** A task that ran out of time left documents: its container has failed until a later result tells of what is in it. */
function leftBy(left: number): Silence {
  return {
    code: 'RUN_STOPPED',
    reason: `the task ended before ${left} of its documents were started; run it again`,
  };
}

/** Why nothing is known of a container from its own task. */
type Silence = Pick<NonNullable<Reported['silent']>, 'code' | 'reason'>;

/** What was done to a container whose task does not say so. Silence is no news of a document that the journal knows. */
async function lookAt(doc: string, { code, reason }: Silence, options: CollectOptions): Promise<readonly ToldResult[]> {
  const { done, isWhole } = await seeDone(doc, options);
  if (isWhole || knownResult(doc, options.summary)) return done;
  return [...done, { ...NOTHING_DONE, outcome: 'failed', at: options.now(), doc, code, reason }];
}

/** Recorded results that the bytes of the documents confirm. */
interface SeenDone {
  readonly done: readonly ToldResult[];
  /** True when that is every document of the container. */
  readonly isWhole: boolean;
}

const NOTHING_SEEN: SeenDone = { done: [], isWhole: false };

/** A record alone proves nothing, because it is written before the change: each document must be what it says. */
async function seeDone(id: string, { records, open, summary, now }: CollectOptions): Promise<SeenDone> {
  const promised = promisedResults(await records.of(id));
  if (promised.size === 0) return NOTHING_SEEN;
  const done: ToldResult[] = [];
  let isWhole = true;
  try {
    for await (const document of (await open(id)).documents()) {
      const result = promised.get(keyOf(document.id, digestDocument(document)));
      document.release?.();
      isWhole &&= result !== undefined;
      // As of now: an earlier collection may have taken the silence for a failure.
      if (result && knownResult(result.doc, summary)?.outcome !== 'migrated') done.push({ ...result, at: now() });
    }
  } catch {
    // What cannot be read confirms nothing.
    return { done, isWhole: false };
  }
  return { done, isWhole };
}

/** Results by document and the digest that it has once its intent is carried out. */
function promisedResults(entries: readonly TaskEntry[]): ReadonlyMap<string, ToldResult> {
  const intended = new Map<string, string>();
  const promised = new Map<string, ToldResult>();
  for (const entry of entries) {
    if (entry.kind === 'intent') intended.set(entry.doc, entry.after);
    else for (const told of toldOf(entry)) promised.set(keyOf(told.doc, intended.get(told.doc) ?? ''), told);
  }
  return promised;
}

function keyOf(doc: string, sha256: string): string {
  return `${sha256} ${doc}`;
}

function toldOf(entry: IntentEntry | ResultEntry): readonly ToldResult[] {
  return entry.kind === 'result' ? [omit(entry, ['kind', 'run'])] : [];
}

/** The last word on every document, counted as a run counts. An intent without a result counts as not started. */
export function totalsOf({ documents, others }: JournalSummary): Totals {
  const totals = emptyTotals();
  for (const result of [...Array.from(documents.values(), (state) => state.result), ...others.values()]) {
    if (!result) totals.notStarted++;
    if (!result || result.outcome === 'rolled-back') continue;
    const { doc, outcome, subject, bytesBefore, bytesAfter, generation, blobsWritten = 0, blobsReused = 0 } = result;
    const figures = { bytesBefore, bytesAfter, generation, blobsWritten, blobsReused };
    addToTotals(totals, { id: doc, outcome, ...(subject && { subject }), ...figures });
  }
  totals.documents += totals.notStarted;
  return totals;
}

/** Results by their outcome, of one container or of many. */
export type OutcomeCounts = Partial<Record<ResultEntry['outcome'] | 'not-started', number>>;

/** A result as it travels in an answer: who asked knows the container and the run. */
export type ToldResult = Omit<ResultEntry, 'kind' | 'run'>;

/**
 * What is told of a container, in a completion report or a result file: its one result; or for a container of many
 * documents how many there are of each outcome, and the object that lists them.
 */
export type TaskAnswer =
  | { readonly id: string; readonly result: ToldResult }
  | { readonly id: string; readonly counts: OutcomeCounts; readonly results?: string };

/** An answer, or what is known of a task that gave none. */
export interface Reported {
  readonly answer?: TaskAnswer;
  /** Ids of containers whose task ended without an answer, and why. */
  readonly silent?: { readonly ids: readonly string[]; readonly code: string; readonly reason: string };
}

/** Keeps long results where the answer can name them. Throws what the store throws. */
export async function answerOf(
  { containerId: id, results, notStarted }: TaskResult,
  records: TaskRecords,
): Promise<TaskAnswer> {
  const [first] = results;
  if (results.length === 1 && notStarted.length === 0 && first?.doc === id)
    return { id, result: omit(first, ['kind', 'run']) };
  const counts = countOutcomes([{ results, notStarted }]);
  return results.length === 0 ? { id, counts } : { id, counts, results: await records.keepResults(id, results) };
}

export function needsSomebody(results: readonly ResultEntry[]): boolean {
  return results.some(({ outcome }) => outcome === 'failed' || outcome === 'quarantined');
}

/** How many documents there are of each outcome. */
export function countOutcomes(tasks: readonly Pick<TaskResult, 'results' | 'notStarted'>[]): OutcomeCounts {
  const counts: OutcomeCounts = {};
  for (const { outcome } of tasks.flatMap(({ results, notStarted }) => [...results, ...notStarted]))
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
