import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { ConflictError } from '../../errors/index.js';
import { ownershipOf } from '../disk.js';
import type { Disk } from '../disk.js';
import { diskError } from '../disk-errors.js';
import { TemporaryFile, whileLocked } from '../temporary-file.js';
import { readChunks } from './read-file.js';

/**
 * A file replaced as a whole: written next to its target, synced, compared with what was read, renamed over it. Other
 * runs of statebag are kept out by a lock from the comparison to the rename. Other programs are not: a file system has
 * no compare-and-swap, so what they write in that time is lost.
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
        if ((await digestFile(this.target)) !== sha256) {
          const reason = 'changed while it was being rewritten; it is left as it is';
          throw new ConflictError('DOCUMENT_MOVED', `${this.target} ${reason}`);
        }
        await this.file.moveTo(this.target);
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

/** Lower-case hex SHA-256 of a file, read as a stream. Throws what `diskError` makes of a failure. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path)) hash.update(chunk);
  return hash.digest('hex');
}
