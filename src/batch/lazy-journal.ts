import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors/index.js';
import type { Disk } from './disk.js';
import { JOURNAL_FILE, Journal } from './journal.js';
import type { JournalEntry } from './journal-entry.js';

/** Entries that may wait before a journal that is not there yet is made for them. */
const MAX_WAITING = 256;

/**
 * A journal that comes into being with the first entry: a run with nothing to say leaves no trace. One that is there
 * already is opened, and locked against other runs, from the start.
 */
export class LazyJournal {
  private waiting: JournalEntry[] = [];
  private opening: Promise<Journal> | undefined;
  private journal: Journal | undefined;

  private constructor(
    readonly directory: string,
    private readonly disk: Disk,
  ) {}

  /** Throws what `Journal.open` throws, and `ConfigError` `JOURNAL_INVALID` where no directory can be made. */
  static async at(directory: string, disk: Disk): Promise<LazyJournal> {
    await assertDirectory(directory);
    const lazy = new LazyJournal(directory, disk);
    if (await stat(join(directory, JOURNAL_FILE)).catch(() => undefined)) await lazy.open();
    return lazy;
  }

  append(entry: JournalEntry): void {
    if (this.journal) this.journal.append(entry);
    else this.waiting.push(entry);
  }

  get isFull(): boolean {
    return this.journal?.isFull ?? this.waiting.length > MAX_WAITING;
  }

  async flush(): Promise<void> {
    if (this.isUntouched) return;
    await (await this.open()).flush();
  }

  async close(): Promise<void> {
    if (this.isUntouched) return;
    await (await this.open()).close();
  }

  private get isUntouched(): boolean {
    return this.opening === undefined && this.waiting.length === 0;
  }

  private open(): Promise<Journal> {
    this.opening ??= Journal.open(this.directory, this.disk).then((journal) => {
      for (const entry of this.waiting) journal.append(entry);
      this.waiting = [];
      this.journal = journal;
      return journal;
    });
    return this.opening;
  }
}

/** Found out before the first document, whose blobs are stored before its journal is opened. */
async function assertDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
  if (typeof found === 'object' ? found.isDirectory() : found !== 'ENOTDIR') return;
  throw new ConfigError(
    'JOURNAL_INVALID',
    `${directory} cannot be a directory, because a file is in its place or above it; remove that file, or give another --journal`,
  );
}
