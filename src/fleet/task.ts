import type { IntentEntry, JournalEntry, ResultEntry } from '../journal/entries.js';
import type { PendingDocument } from '../journal/read.js';
import { Committer } from '../run/commit.js';
import { collectFacts } from '../run/document.js';
import type { PreparedChange } from '../run/document.js';
import { runSources } from '../run/engine.js';
import { failureOf, NOTHING_DONE, notStarted } from '../run/outcome.js';
import type { DocumentOutcome } from '../run/outcome.js';
import type { TransformSettings } from '../run/transform.js';
import { nodeDisk } from '../sources/disk.js';
import type { Unseen } from '../sources/inventory.js';
import type { Destination, DocumentSource, SourceContainer } from '../sources/source.js';
import type { TaskEntry, TaskRecords } from './task-records.js';

/** What tasks are run with: made once, used for many. */
export interface TaskEngine {
  readonly settings: TransformSettings;
  readonly records: TaskRecords;
  /** RFC 3339. */
  readonly now: () => string;
  /** Documents of one container in hand at a time. */
  readonly concurrency: number;
}

interface TaskOptions {
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
  const empty: Unseen[] = [];
  try {
    await runSources({
      sources: [sourceOf(container)],
      settings: engine.settings,
      committer: journal.committer(destination),
      concurrency: engine.concurrency,
      ...(stop && { stop }),
      onOutcome: (outcome) => void outcomes.push(outcome),
      onUnseen: (entry) => {
        if (entry.kind === 'empty') empty.push(entry);
      },
    });
  } catch (error) {
    // A record that cannot be read, say: nothing is known of the container.
    return failedTask(container.id, error, { runId, at: engine.now() });
  }
  const left = outcomes.filter(({ outcome }) => outcome === 'not-started');
  return {
    containerId: container.id,
    results: [...journal.results(), ...empty.map((entry) => emptyResult(entry, { runId, at: engine.now() }))],
    notStarted: left,
    isTemporary: left.length > 0 || outcomes.some(({ isRetryable }) => isRetryable),
  };
}

/** An object without a document: an export that broke off looks like it. */
function emptyResult({ id, code, reason }: Unseen, { runId: run, at }: Stamp): ResultEntry {
  return { kind: 'result', run, at, doc: id, ...NOTHING_DONE, subject: 'container', outcome: 'failed', code, reason };
}

/** What every result says. */
interface Stamp {
  readonly runId: string;
  /** RFC 3339. */
  readonly at: string;
}

/** The result of a task that could not be begun. */
export function failedTask(containerId: string, error: unknown, { runId, at }: Stamp): TaskResult {
  const { isRetryable = false, outcome, code, reason } = failureOf(error);
  if (outcome === 'not-started') return skippedTask(containerId);
  const result: ResultEntry = {
    kind: 'result',
    run: runId,
    at,
    doc: containerId,
    ...NOTHING_DONE,
    outcome,
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

interface TaskJournalOptions {
  readonly records: TaskRecords;
  readonly containerId: string;
  readonly runId: string;
  /** RFC 3339. */
  readonly now: () => string;
}

/**
 * The journal of one task: intents go into its record, together with the results that are to be told once they are
 * carried out. So the second delivery of a task that was done says what the first one said, or would have said.
 */
class TaskJournal {
  /** By document, in the order in which they were settled. */
  private readonly told = new Map<string, ResultEntry>();
  /** What records say of documents that were migrated. */
  private readonly promised = new Map<string, ResultEntry>();
  private intents: TaskEntry[] = [];
  private earlier: Promise<ReadonlyMap<string, PendingDocument>> | undefined;

  constructor(private readonly options: TaskJournalOptions) {}

  committer(destination: Destination): Committer {
    const { runId, now } = this.options;
    return new TaskCommitter(this, {
      journal: this,
      destination,
      runId,
      now,
      begin: () => undefined,
      pending: this,
      disk: nodeDisk,
    });
  }

  append(entry: JournalEntry): void {
    if (entry.kind === 'intent') this.intents.push(entry);
    else if (entry.kind === 'result') this.told.set(entry.doc, entry);
  }

  /** Remembers what is to be said of a document once it is committed. */
  promise(prepared: PreparedChange): void {
    const { runId: run, now } = this.options;
    const { id: doc, generation, bytesBefore, bytesAfter, blobsWritten, blobsReused } = prepared.outcome;
    this.intents.push({
      kind: 'result',
      run,
      at: now(),
      doc,
      outcome: 'migrated',
      generation,
      bytesBefore,
      bytesAfter,
      blobsWritten,
      blobsReused,
      ...collectFacts(prepared.transformation.document, prepared),
    });
  }

  /** A record is written whole, or it would not say what its key says. */
  readonly isFull = false;

  async flush(): Promise<void> {
    if (this.intents.length === 0) return;
    const kept = await this.options.records.keep(this.options.containerId, this.intents);
    this.intents = [];
    this.remember(kept);
  }

  /** Of a fleet everything is told: there is no run that could have begun before. */
  has(): boolean {
    return true;
  }

  /** Asks the records only when a document looks as if it might have been migrated before. */
  async get(id: string): Promise<PendingDocument | undefined> {
    this.earlier ??= this.readEarlier();
    return (await this.earlier).get(id);
  }

  /** What is to be told of every settled document. */
  results(): readonly ResultEntry[] {
    const told = [...this.told.values()];
    const documents = told.filter(({ subject }) => subject === undefined);
    // The failure of a file or object is reported only where it stands for documents that were not read.
    const reported =
      documents.length > 0
        ? documents
        : told.filter(({ outcome }) => outcome === 'failed' || outcome === 'quarantined');
    return reported.map((result) =>
      result.outcome === 'migrated' ? (this.promised.get(result.doc) ?? result) : result,
    );
  }

  private async readEarlier(): Promise<ReadonlyMap<string, PendingDocument>> {
    const entries = await this.options.records.of(this.options.containerId);
    this.remember(entries);
    const intents = entries.filter((entry): entry is IntentEntry => entry.kind === 'intent');
    return new Map(intents.map(({ doc, after, bytesBefore }) => [doc, { after, bytesBefore }]));
  }

  private remember(entries: readonly TaskEntry[]): void {
    for (const entry of entries) if (entry.kind === 'result') this.promised.set(entry.doc, entry);
  }
}

class TaskCommitter extends Committer {
  constructor(
    private readonly journal: TaskJournal,
    options: ConstructorParameters<typeof Committer>[0],
  ) {
    super(options);
  }

  override async intend(container: SourceContainer, prepared: PreparedChange): Promise<void> {
    await super.intend(container, prepared);
    this.journal.promise(prepared);
  }
}
