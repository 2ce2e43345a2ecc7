import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { buffers } from '../buffer-pool.js';
import type { Disk } from '../disk.js';
import { asDiskError, diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { FileReplacement } from './file-replacement.js';
import { COPIES, lineDocuments, readLines, writeFramed } from './lines.js';

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
    this.tail = yield* lineDocuments(this.id, readLines(hashed(this.read(), hash), COPIES));
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

  /** Every chunk in the memory of the one before. */
  private async *read(): AsyncIterable<Uint8Array> {
    const chunk = buffers.take(CHUNK_BYTES);
    const file = await open(this.id).catch(asDiskError(this.id));
    try {
      for (let bytes = await fill(file, chunk); bytes > 0; bytes = await fill(file, chunk)) yield chunk.subarray(0, bytes);
    } catch (error) {
      throw diskError(this.id, error);
    } finally {
      await file.close();
      buffers.give(chunk);
    }
  }
}

async function fill(file: FileHandle, chunk: Uint8Array): Promise<number> {
  return (await file.read(chunk, 0, chunk.length)).bytesRead;
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
