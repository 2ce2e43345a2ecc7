import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Disk } from '../disk.js';
import { diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { FileReplacement } from './file-replacement.js';

/** A file that is one document. */
export class FileContainer implements SourceContainer {
  version: string | undefined;
  readonly tail = new Uint8Array();

  constructor(
    readonly id: string,
    private readonly disk: Disk,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const bytes = await this.read();
    this.version = createHash('sha256').update(bytes).digest('hex');
    yield { id: this.id, line: undefined, bytes };
  }

  async replace(): Promise<Replacement> {
    const file = await FileReplacement.open(this.disk, this.id);
    return {
      write: (_, bytes) => file.write(bytes),
      commit: async () => {
        await file.commit(this.version ?? '');
        return '';
      },
      abort: () => file.abort(),
    };
  }

  private async read(): Promise<Uint8Array> {
    try {
      return await readFile(this.id);
    } catch (error) {
      throw diskError(this.id, error);
    }
  }
}
