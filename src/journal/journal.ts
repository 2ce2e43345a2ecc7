import { open, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, StoreError } from '../errors/index.js';
import { tryLock } from '../locks/lock.js';
import { JOURNAL_FILE, JOURNAL_LOCK } from '../sources/own-files.js';
import { asDiskError, diskError, GroupCommit, isCode, makeDirectories } from '../sources/disk.js';
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
    private readonly known: KnownFile,
    private readonly disk: Disk,
    /** True for a journal that has no entry yet. */
    private isUnused: boolean,
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * Locks the journal, and makes it and its directory when they are absent. A torn last line of a killed run is closed
   * off, not removed. Throws `ConfigError` `JOURNAL_LOCKED` and `JOURNAL_INVALID`.
   */
  static async open(directory: string, disk: Disk): Promise<Journal> {
    try {
      await assertDirectory(directory);
      const release = await lockDirectory(directory, disk);
      return await Journal.openLocked(directory, disk, release).catch(async (error: unknown) => {
        await release();
        throw error;
      });
    } catch (error) {
      throw diskError(directory, error);
    }
  }

  private static async openLocked(directory: string, disk: Disk, release: () => Promise<void>): Promise<Journal> {
    await disk.removeLeftovers(directory);
    const path = join(directory, JOURNAL_FILE);
    const end = await detectEnd(path);
    const file = await disk.openForAppend(path);
    const { dev, ino, size } = await stat(path, { bigint: true });
    // An empty file is what a run left that was killed before its first entry.
    const isUnused = end === 'absent' || end === 'empty';
    const journal = new Journal(directory, file, { dev, ino, size }, disk, isUnused, release);
    if (end === 'torn') journal.pending.push('\n');
    // A power cut must not take the journal away and leave the documents changed.
    if (isUnused) await disk.syncDirectory(directory);
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

  /** A journal that was made for a run without entries is removed again, and so are the directories made for it. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.file
        .close()
        .then(() => (this.isUnused ? this.removeFile() : undefined))
        .finally(this.release);
    }
  }

  private removeFile(): Promise<void> {
    const path = join(this.directory, JOURNAL_FILE);
    return this.disk.remove(path).catch(asDiskError(path));
  }

  private async write(): Promise<void> {
    if (this.pending.length === 0) return;
    const text = this.pending.join('');
    this.pending = [];
    this.pendingLength = 0;
    this.isUnused = false;
    const path = join(this.directory, JOURNAL_FILE);
    try {
      const bytes = Buffer.from(text);
      await this.file.write(bytes);
      await this.file.sync();
      this.known.size += BigInt(bytes.length);
    } catch (error) {
      throw diskError(path, error, WHEN_FULL);
    }
    await assertInPlace(path, this.known);
  }
}

/** The file that is written. */
interface KnownFile {
  readonly dev: bigint;
  readonly ino: bigint;
  /** In bytes: what it had when it was opened, and what was written since. */
  size: bigint;
}

const WHEN_FULL =
  'documents that were changed before have their intents in the journal, and no further one is changed; make room and run the same command again';

/** An open file can be written after it was removed. Throws `StoreError` `JOURNAL_LOST`. */
async function assertInPlace(path: string, { dev, ino, size }: KnownFile): Promise<void> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return undefined;
    throw diskError(path, error);
  });
  if (found?.dev === dev && found.ino === ino && found.size >= size) return;
  const what = found === undefined ? 'removed' : found.ino === ino ? 'truncated' : 'replaced';
  throw new StoreError(
    'JOURNAL_LOST',
    `${path} was ${what} while this run was writing it, so the run changes no further document. Restore the journal from a copy if there is one: documents that were changed can be rolled back only with it. Then run the same command again`,
    { context: { path } },
  );
}

/** A pipe would be waited for, for ever. Throws `ConfigError` `JOURNAL_INVALID`. */
export async function assertFile(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats && !stats.isFile())
    throw new ConfigError('JOURNAL_INVALID', `${path} is not a file; remove it, or give another --journal`);
}

async function detectEnd(path: string): Promise<'absent' | 'empty' | 'torn' | 'whole'> {
  await assertFile(path);
  const handle = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return 'absent';
  try {
    const { size } = await handle.stat();
    if (size === 0) return 'empty';
    const last = new Uint8Array(1);
    await handle.read(last, 0, 1, size - 1);
    return last[0] === 0x0a ? 'whole' : 'torn';
  } finally {
    await handle.close();
  }
}

/** Throws `ConfigError` `JOURNAL_INVALID` for a file in the place of the directory or above it. */
async function assertDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
  if (typeof found === 'object' ? found.isDirectory() : found !== 'ENOTDIR') return;
  throw new ConfigError(
    'JOURNAL_INVALID',
    `${directory} cannot be a directory, because a file is in its place or above it; remove that file, or give another --journal`,
  );
}

/** How often the directory may be removed by a run that ends, between making it and locking it. */
const MAX_ROUNDS = 20;

/** Makes the directory when it is absent, and locks it. Returns what undoes both. */
async function lockDirectory(directory: string, disk: Disk): Promise<() => Promise<void>> {
  const made: string[] = [];
  for (let round = 1; ; round++) {
    made.push(...(await makeDirectories(resolve(directory), disk)));
    try {
      const unlock = await lockJournal(directory);
      return async () => {
        await unlock();
        await removeDirectories(made);
      };
    } catch (error) {
      if (error instanceof ConfigError || !isCode(error, 'ENOENT') || round === MAX_ROUNDS) throw error;
    }
  }
}

/** Stops at the first directory that is in use. */
async function removeDirectories(made: readonly string[]): Promise<void> {
  try {
    for (const directory of made) await rmdir(directory);
  } catch {
    return;
  }
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
