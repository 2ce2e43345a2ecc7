import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConflictError } from '../errors/index.js';
import { waitForLock } from '../locks/lock.js';
import { isTemporaryName, lockPathOf, temporaryPathIn } from '../locks/owner.js';
import { diskError, ownershipOf } from './disk.js';
import type { Disk, DiskFile, FileOwnership } from './disk.js';
import { readChunks } from './read-file.js';

/** True for the name of a file that statebag makes next to documents, copies and plans: unfinished files and locks. */
export { isTemporaryName };

/** A rename takes milliseconds, and so does the removal of a dead run's lock. */
const PATIENCE_MS = 3_000;

/** A file that is written next to its target and then takes the target's name. Errors are Node's own. */
export class TemporaryFile {
  private constructor(
    private readonly disk: Disk,
    private readonly path: string,
    private readonly file: DiskFile,
  ) {}

  static async open(disk: Disk, target: string, ownership?: FileOwnership): Promise<TemporaryFile> {
    const directory = dirname(target);
    await disk.removeLeftovers(directory);
    const path = temporaryPathIn(directory);
    return new TemporaryFile(disk, path, await disk.openForWrite(path, ownership));
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.file.write(bytes);
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  /**
   * Renames over the target and makes that last. A rename goes by name: another program may have put another file
   * there, which must not become the document. Throws `ConflictError` `TEMPORARY_FILE_REPLACED`. `check` runs right
   * before the rename, and may throw.
   */
  async moveTo(target: string, check?: () => Promise<void>): Promise<void> {
    if (!(await this.file.isAt(this.path))) {
      const reason = `another program removed or replaced the temporary file ${this.path}`;
      throw conflict('TEMPORARY_FILE_REPLACED', `${target} is left as it is, because ${reason}; run again`);
    }
    await check?.();
    await this.disk.rename(this.path, target);
    await this.disk.syncDirectory(dirname(target));
    await this.file.close();
  }

  /** Removes the file, unless its name belongs to another file or is gone. */
  async discard(): Promise<void> {
    const isOwn = await this.file.isAt(this.path).catch(() => false);
    await Promise.allSettled([this.file.close()]);
    if (isOwn) await this.disk.remove(this.path);
  }
}

/**
 * Compares and renames while no other run does so with this target; a file system has no conditional rename. Throws
 * `ConflictError` `DOCUMENT_LOCKED` when the lock stays taken.
 */
export async function whileLocked(target: string, work: () => Promise<void>): Promise<void> {
  const lock = await waitForLock(lockPathOf(target), PATIENCE_MS);
  if ('obstacle' in lock) {
    const reason = `another run may be replacing it: ${lock.obstacle}`;
    throw conflict('DOCUMENT_LOCKED', `${target} is left as it is, because ${reason}; run again`);
  }
  try {
    await work();
  } finally {
    await lock.release();
  }
}

function conflict(code: 'DOCUMENT_LOCKED' | 'TEMPORARY_FILE_REPLACED', message: string): ConflictError {
  return new ConflictError(code, message, { retryable: true });
}

/**
 * A file replaced as a whole: written next to its target, synced, compared with what was read, renamed over it. Other
 * runs of statebag are kept out by a lock from the comparison to the rename. Other programs are not: a file system has
 * no compare-and-swap. What they write while the digest is computed is noticed by the size and the times of the file.
 * What they write between that look and the rename, and later into a file that they keep open, is lost.
 */
export class FileReplacement {
  private constructor(
    private readonly target: string,
    private readonly file: TemporaryFile,
  ) {}

  /** The link's target is replaced, not the link; mode and owner are kept. */
  static async open(disk: Disk, path: string): Promise<FileReplacement> {
    try {
      const target = await realpath(path);
      return new FileReplacement(target, await TemporaryFile.open(disk, target, await ownershipOf(target)));
    } catch (error) {
      throw diskError(path, error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.attempt(() => this.file.write(bytes));
  }

  /** Replaces the target if it still has the digest that was read. */
  async commit(sha256: string): Promise<void> {
    await this.attempt(async () => {
      await this.file.sync();
      await whileLocked(this.target, async () => {
        // A digest says nothing of what is changed in a part of the file that has been read already.
        const before = await describeState(this.target);
        if ((await digestFile(this.target)) !== sha256) throw changed(this.target);
        await this.file.moveTo(this.target, async () => {
          if ((await describeState(this.target)) !== before) throw changed(this.target);
        });
      });
    });
  }

  abort(): Promise<void> {
    return this.file.discard();
  }

  private async attempt(effect: () => Promise<void>): Promise<void> {
    try {
      await effect();
    } catch (error) {
      await Promise.allSettled([this.abort()]);
      throw diskError(this.target, error);
    }
  }
}

function changed(target: string): ConflictError {
  const reason = 'changed while it was being rewritten; it is left as it is';
  return new ConflictError('DOCUMENT_MOVED', `${target} ${reason}`);
}

/** Equal texts for a file that was neither replaced nor changed. The change time cannot be set back. */
async function describeState(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Lower-case hex SHA-256 of a file, read as a stream. Throws what `diskError` makes of a failure. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path)) hash.update(chunk);
  return hash.digest('hex');
}
