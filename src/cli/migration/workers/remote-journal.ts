import { GroupCommit } from '../../../sources/disk.js';
import { StoreError } from '../../../errors/index.js';
import type { JournalEntry } from '../../../journal/entries.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Entries that may wait in a worker before they are sent. */
const MAX_WAITING = 256;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The journal as a worker has it: another process writes it, and `flush` resolves once that says what was appended is
 * on the disk. Callers that flush while an answer is awaited share the next message.
 */
export class RemoteJournal {
  private entries: JournalEntry[] = [];
  private readonly sending = new GroupCommit(() => this.sendEntries());
  private waiting: Waiting | undefined;

  constructor(private readonly send: (message: FromWorker) => void) {}

  append(entry: JournalEntry): void {
    this.entries.push(entry);
  }

  get isFull(): boolean {
    return this.entries.length >= MAX_WAITING;
  }

  flush(): Promise<void> {
    return this.sending.request();
  }

  /** Takes the answer to a flush. Throws nothing. */
  answer(message: Extract<ToWorker, { kind: 'flushed' | 'refused' }>): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (message.kind === 'flushed') waiting?.resolve();
    else waiting?.reject(new StoreError(message.code, message.message));
  }

  private sendEntries(): Promise<void> {
    const landed = new Promise<void>((resolve, reject) => (this.waiting = { resolve, reject }));
    this.send({ kind: 'entries', entries: this.entries });
    this.entries = [];
    return landed;
  }
}
