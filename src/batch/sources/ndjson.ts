import { createHash } from 'node:crypto';
import type { Disk } from '../disk.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { FileReplacement } from './file-replacement.js';
import { COPIES, lineDocuments, readLines, writeFramed } from './lines.js';
import { readChunks } from './read-file.js';

/** A file with one document a line, read and replaced as a stream. */
export class NdjsonContainer implements SourceContainer {
  version: string | undefined;
  tail: Uint8Array = new Uint8Array();

  constructor(
    readonly id: string,
    private readonly disk: Disk,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const hash = createHash('sha256');
    this.tail = yield* lineDocuments(this.id, readLines(hashed(readChunks(this.id), hash), COPIES));
    this.version = hash.digest('hex');
  }

  async replace(): Promise<Replacement> {
    const file = await FileReplacement.open(this.disk, this.id);
    return {
      write: (document, bytes) => writeFramed(document, bytes, (whole) => file.write(whole)),
      commit: async (tail) => {
        await file.write(tail);
        await file.commit(this.version ?? '');
        return '';
      },
      abort: () => file.abort(),
    };
  }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
