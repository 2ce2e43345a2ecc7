import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConflictError } from '../../errors.js';
import { ownershipOf, renameDurably } from '../disk.js';
import type { Disk, DiskFile } from '../disk.js';
import { diskError } from '../disk-errors.js';
import { readChunks } from './read-file.js';

/** How a file in the making is named: hidden, beside its target, one per target, so that a rerun takes it over. */
export function temporaryName(target: string): string {
  return join(dirname(target), `.${basename(target)}.statebag.tmp`);
}

/** True for a file that a crashed run left behind. */
export function isTemporary(path: string): boolean {
  return /^\..*\.statebag\.tmp$/.test(basename(path));
}

/**
 * A file replaced as a whole: written beside its target, synced, held against what was read, renamed over it. A file
 * system has no compare-and-swap; between the comparison and the rename a few microseconds stay open.
 */
export class FileReplacement {
  private constructor(
    private readonly disk: Disk,
    private readonly target: string,
    private readonly file: DiskFile,
  ) {}

  /** The link's target is replaced, not the link; mode and owner are kept. */
  static async open(disk: Disk, path: string): Promise<FileReplacement> {
    try {
      const target = await realpath(path);
      return new FileReplacement(disk, target, await disk.openForWrite(temporaryName(target), await ownershipOf(target)));
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
      await this.file.close();
      if ((await digestFile(this.target)) !== sha256) {
        throw new ConflictError('DOCUMENT_MOVED', `${this.target} changed while it was being rewritten; it is left as it is`);
      }
      await renameDurably(this.disk, temporaryName(this.target), this.target);
    });
  }

  async abort(): Promise<void> {
    await Promise.allSettled([this.file.close()]);
    await this.disk.remove(temporaryName(this.target));
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
