import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import { tryLock } from '../locks/lock.js';
import { JOURNAL_FILE, JOURNAL_LOCK } from '../sources/names.js';
import { diskError, GroupCommit } from '../sources/disk.js';
import type { Disk, DiskFile } from '../sources/disk.js';
import type { JournalEntry } from './entries.js';

/** Characters of entries held in memory before a flush is due. */
const MAX_PENDING = 1 << 17;

/**
 * The append-only record of what a run means to do and has done. `append` only remembers; `flush` returns when all
 * that was appended before is on the disk. Callers that flush at the same time share one sync.
 */
export class Journal {
  private pending: string[] = [];
  private pendingLength = 0;
  private readonly writing = new GroupCommit(() => this.write());

  private constructor(
    readonly directory: string,
    private readonly file: DiskFile,
    private readonly unlock: () => Promise<void>,
  ) {}

  /** Creates the directory when it is absent. A torn last line of a killed run is closed off, not removed. */
  static async open(directory: string, disk: Disk): Promise<Journal> {
    try {
      await makeDirectory(directory, disk);
      const unlock = await lockJournal(directory);
      return await Journal.openLocked(directory, disk, unlock).catch(async (error: unknown) => {
        await unlock();
        throw error;
      });
    } catch (error) {
      throw diskError(directory, error);
    }
  }

  private static async openLocked(directory: string, disk: Disk, unlock: () => Promise<void>): Promise<Journal> {
    await disk.removeLeftovers(directory);
    const path = join(directory, JOURNAL_FILE);
    const end = await detectEnd(path);
    const journal = new Journal(directory, await disk.openForAppend(path), unlock);
    if (end === 'torn') journal.pending.push('\n');
    // A power cut must not take the journal away and leave the documents changed.
    if (end === 'new') await disk.syncDirectory(directory);
    return journal;
  }

  append(entry: JournalEntry): void {
    const text = `${JSON.stringify(entry)}\n`;
    this.pending.push(text);
    this.pendingLength += text.length;
  }

  /** True when so much waits that a flush should not wait any longer. */
  get isFull(): boolean {
    return this.pendingLength > MAX_PENDING;
  }

  flush(): Promise<void> {
    return this.writing.request();
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.file.close().finally(this.unlock);
    }
  }

  private async write(): Promise<void> {
    if (this.pending.length === 0) return;
    const text = this.pending.join('');
    this.pending = [];
    this.pendingLength = 0;
    try {
      await this.file.write(Buffer.from(text));
      await this.file.sync();
    } catch (error) {
      throw diskError(join(this.directory, JOURNAL_FILE), error);
    }
  }
}

/** A directory is on disk only once the one above it is synced. */
async function makeDirectory(directory: string, disk: Disk): Promise<void> {
  const topmostMade = await mkdir(directory, { recursive: true });
  if (topmostMade === undefined) return;
  const top = dirname(resolve(topmostMade));
  for (let made = resolve(directory); made !== top; made = dirname(made)) await disk.syncDirectory(dirname(made));
}

/** A pipe would be waited for, for ever. Throws `ConfigError` `JOURNAL_INVALID`. */
export async function assertFile(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats && !stats.isFile())
    throw new ConfigError('JOURNAL_INVALID', `${path} is not a file; remove it, or give another --journal`);
}

async function detectEnd(path: string): Promise<'new' | 'torn' | 'whole'> {
  await assertFile(path);
  const handle = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return 'new';
  try {
    const { size } = await handle.stat();
    if (size === 0) return 'new';
    const last = new Uint8Array(1);
    await handle.read(last, 0, 1, size - 1);
    return last[0] === 0x0a ? 'whole' : 'torn';
  } finally {
    await handle.close();
  }
}

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

/**
 * One writer per journal. The lock of a run that is provably dead is taken over. Returns what releases the lock. Throws
 * `ConfigError` `JOURNAL_LOCKED`.
 */
async function lockJournal(directory: string): Promise<() => Promise<void>> {
  const lock = await tryLock(resolve(join(directory, JOURNAL_LOCK)));
  if ('release' in lock) return lock.release;
  throw new ConfigError(
    'JOURNAL_LOCKED',
    `another run may be writing ${directory}; wait for it to end: ${lock.obstacle}`,
  );
}
