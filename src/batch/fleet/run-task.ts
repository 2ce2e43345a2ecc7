import type { ResultEntry } from '../../journal/entries.js';
import { runSources } from '../../run/engine.js';
import { failureOf, notStarted } from '../../run/outcome.js';
import type { DocumentOutcome } from '../../run/outcome.js';
import type { Destination, DocumentSource, SourceContainer } from '../../sources/source.js';
import type { TransformSettings } from '../../run/transform.js';
import { TaskJournal } from './task-journal.js';
import type { TaskRecords } from './task-records.js';

/** What tasks are run with: made once, used for many. */
export interface TaskEngine {
  readonly settings: TransformSettings;
  readonly records: TaskRecords;
  /** RFC 3339. */
  readonly now: () => string;
  /** Documents of one container in hand at a time. */
  readonly concurrency: number;
}

export interface TaskOptions {
  /** What the records call the run. */
  readonly runId: string;
  /** No document is begun any more once it is aborted. */
  readonly stop?: AbortSignal;
  /** Default: over the container itself. */
  readonly destination?: Destination;
}

/** What became of the documents of one container. */
export interface TaskResult {
  readonly containerId: string;
  /** One a document, but for those that were not started. */
  readonly results: readonly ResultEntry[];
  readonly notStarted: readonly DocumentOutcome[];
  /** True when doing the task again may mend something. */
  readonly isTemporary: boolean;
}

const IN_PLACE: Destination = { isCopy: false, pathOf: ({ id }) => id, open: (container) => container.replace() };

/**
 * Sends one container through the engine of a run. Never throws: whatever goes wrong is the result of a document, or
 * of the container where it went wrong for all of it.
 */
export async function runTask(
  container: SourceContainer,
  engine: TaskEngine,
  { runId, stop, destination = IN_PLACE }: TaskOptions,
): Promise<TaskResult> {
  const journal = new TaskJournal({
    records: engine.records,
    containerId: destination.pathOf(container),
    runId,
    now: engine.now,
  });
  const outcomes: DocumentOutcome[] = [];
  try {
    await runSources({
      sources: [sourceOf(container)],
      settings: engine.settings,
      committer: journal.committer(destination),
      concurrency: engine.concurrency,
      ...(stop && { stop }),
      onOutcome: (outcome) => void outcomes.push(outcome),
    });
  } catch (error) {
    // A record that cannot be read, say: nothing is known of the container.
    return failedTask(container.id, error, { runId, at: engine.now() });
  }
  const left = outcomes.filter(({ outcome }) => outcome === 'not-started');
  return {
    containerId: container.id,
    results: journal.results(),
    notStarted: left,
    isTemporary: left.length > 0 || outcomes.some(({ isRetryable }) => isRetryable),
  };
}

/** The result of a task that could not be begun. */
export function failedTask(
  containerId: string,
  error: unknown,
  { runId, at }: { readonly runId: string; readonly at: string },
): TaskResult {
  const { isRetryable = false, outcome, code, reason } = failureOf(error);
  if (outcome === 'not-started') return skippedTask(containerId);
  const sizes = { bytesBefore: 0, bytesAfter: 0, blobsWritten: 0, blobsReused: 0 };
  const result: ResultEntry = {
    kind: 'result',
    run: runId,
    at,
    doc: containerId,
    outcome,
    generation: 'unknown',
    ...sizes,
    code,
    reason,
  };
  return { containerId, results: [result], notStarted: [], isTemporary: isRetryable };
}

/** The result of a task that there was no time for. */
export function skippedTask(containerId: string): TaskResult {
  return { containerId, results: [], notStarted: [notStarted(containerId, 0)], isTemporary: true };
}

function sourceOf(container: SourceContainer): DocumentSource {
  return {
    id: container.id,
    container: () => container,
    async *containers() {
      yield await Promise.resolve(container);
    },
  };
}
