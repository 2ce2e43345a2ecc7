import { StoreError } from '../../../errors.js';
import type { JournalEntry } from '../../../batch/journal-entry.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Entries that may wait in a worker before they are sent. */
const MAX_WAITING = 256;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The journal as a worker has it: another process writes it, and `flush` resolves once that says what was sent is on the disk. */
export class RemoteJournal {
  private waiting: JournalEntry[] = [];
  private readonly flushes = new Map<number, Waiting>();
  private last = 0;

  constructor(private readonly send: (message: FromWorker) => void) {}

  append(entry: JournalEntry): void {
    this.waiting.push(entry);
  }

  get isFull(): boolean {
    return this.waiting.length >= MAX_WAITING;
  }

  flush(): Promise<void> {
    const flush = ++this.last;
    const landed = new Promise<void>((resolve, reject) => this.flushes.set(flush, { resolve, reject }));
    this.send({ kind: 'entries', entries: this.waiting, flush });
    this.waiting = [];
    return landed;
  }

  /** Takes the answer to a flush. Throws nothing. */
  answer(message: Extract<ToWorker, { kind: 'flushed' | 'refused' }>): void {
    const flush = this.flushes.get(message.flush);
    this.flushes.delete(message.flush);
    if (message.kind === 'flushed') flush?.resolve();
    else flush?.reject(new StoreError(message.code, message.message));
  }
}
