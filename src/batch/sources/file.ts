import { hash } from 'node:crypto';
import { buffers } from '../buffer-pool.js';
import type { Disk } from '../disk.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { FileReplacement } from './file-replacement.js';
import { readWhole } from './read-file.js';

/** A file that is one document. */
export class FileContainer implements SourceContainer {
  version: string | undefined;
  readonly tail = new Uint8Array();

  constructor(
    readonly id: string,
    private readonly disk: Disk,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const bytes = await readWhole(this.id);
    const sha256 = hash('sha256', bytes, 'hex');
    this.version = sha256;
    yield {
      id: this.id,
      line: undefined,
      bytes,
      sha256,
      release: () => {
        buffers.give(bytes);
      },
    };
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
}
