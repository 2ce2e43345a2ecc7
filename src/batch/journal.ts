import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import type { Disk, DiskFile } from './disk.js';
import { diskError } from './disk-errors.js';
import { GroupCommit } from './group-commit.js';
import type { JournalEntry } from './journal-entry.js';
import { lockJournal } from './journal-lock.js';

/** Characters of entries held in memory before a flush is due. */
const MAX_PENDING = 1 << 17;

/** The file in a journal directory. */
export const JOURNAL_FILE = 'journal.ndjson';

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
