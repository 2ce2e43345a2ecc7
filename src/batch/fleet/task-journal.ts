import { Committer } from '../../run/commit.js';
import { nodeDisk } from '../../sources/disk.js';
import { collectFacts } from '../../run/document.js';
import type { IntentEntry, JournalEntry, ResultEntry } from '../../journal/entries.js';
import type { PendingDocument } from '../../journal/read.js';
import type { Destination, SourceContainer } from '../../sources/source.js';
import type { PreparedChange } from '../../run/document.js';
import type { TaskEntry, TaskRecords } from './task-records.js';

export interface TaskJournalOptions {
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
export class TaskJournal {
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
    return Array.from(this.told.values(), (result) =>
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
