import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Disk } from '../disk.js';
import { diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { FileReplacement } from './file-replacement.js';
import { framed, lineDocuments, readLines } from './lines.js';

const CHUNK_BYTES = 1 << 20;

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
    this.tail = yield* lineDocuments(this.id, readLines(hashed(this.read(), hash)));
    this.version = hash.digest('hex');
  }

  async replace(): Promise<Replacement> {
    const file = await FileReplacement.open(this.disk, this.id);
    return {
      write: (document, bytes) => file.write(framed(document, bytes)),
      commit: async (tail) => {
        await file.write(tail);
        await file.commit(this.version ?? '');
        return '';
      },
      abort: () => file.abort(),
    };
  }

  private async *read(): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of createReadStream(this.id, { highWaterMark: CHUNK_BYTES })) yield chunk as Buffer;
    } catch (error) {
      throw diskError(this.id, error);
    }
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
