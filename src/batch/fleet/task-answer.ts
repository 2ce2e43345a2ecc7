import type { ResultEntry } from '../../journal/entries.js';
import type { TaskResult } from './run-task.js';
import type { TaskRecords } from './task-records.js';
import { omit } from './omit.js';

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
