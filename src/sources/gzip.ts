import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BagError, messageOf, StateBagError, StoreError } from '../errors/index.js';
import { diskError } from './disk.js';
import { lineDocuments, mapDocuments, readLines } from './lines.js';
import { readChunks } from './read-file.js';
import type { Replacement, SourceContainer, SourceDocument } from './source.js';

/** Names of compressed files that hold documents. */
export const GZIP_NAME = /\.(json|ndjson|jsonl)\.gz$/i;

/** The name of a file once it is decompressed. */
export function stripGzip(name: string): string {
  return name.replace(/\.gz$/i, '');
}

/** All that is compressed in the bytes. Throws `StoreError` `GZIP_INVALID`. */
export async function inflate(id: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await whole(inflateChunks([bytes]));
  } catch (error) {
    throw invalid(id, error);
  }
}

/**
 * A document of a compressed file or object. It is read like any other, and never rewritten: other bytes are compressed
 * as another program does it, so that a rollback could not give the same file back.
 */
export function asCompressed(container: string, document: SourceDocument): SourceDocument {
  return {
    ...document,
    assertFits: () => {
      throw compressed(container);
    },
  };
}

function compressed(id: string): BagError {
  return new BagError(
    'SOURCE_COMPRESSED',
    `${id} is compressed, and a compressed file is not rewritten; decompress it, and migrate what comes out`,
  );
}

/** A file that its name calls compressed, inflated as a stream: one document, or one a line. Never replaced. */
export class GzipContainer implements SourceContainer {
  readonly version = undefined;
  readonly holdsLines: boolean;
  tail: Uint8Array = new Uint8Array();

  constructor(readonly id: string) {
    this.holdsLines = !/\.json\.gz$/i.test(id);
  }

  async *documents(): AsyncIterable<SourceDocument> {
    if (!this.holdsLines) {
      yield asCompressed(this.id, { id: this.id, line: undefined, bytes: await whole(this.read()) });
      return;
    }
    const lines = lineDocuments(this.id, readLines(this.read()));
    this.tail = yield* mapDocuments(lines, (document) => asCompressed(this.id, document));
  }

  replace(): Promise<Replacement> {
    return Promise.reject(compressed(this.id));
  }

  private async *read(): AsyncIterable<Uint8Array> {
    try {
      yield* inflateChunks(readChunks(this.id));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof StateBagError) throw error;
      throw code?.startsWith('Z_') === true || error instanceof TrailingBytes
        ? invalid(this.id, error)
        : diskError(this.id, error);
    }
  }
}

/**
 * What is compressed in the chunks, which are not kept. zlib ignores what follows a member and begins with a zero byte:
 * a document may be there.
 */
async function* inflateChunks(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const inflated = createGunzip();
  let length = 0;
  const compressed = Readable.from(
    (async function* () {
      for await (const chunk of chunks) {
        length += chunk.length;
        yield Buffer.from(chunk);
      }
    })(),
  );
  compressed.once('error', (error) => inflated.destroy(error));
  for await (const chunk of compressed.pipe(inflated)) yield chunk as Buffer;
  if (inflated.bytesWritten < length) throw new TrailingBytes(length - inflated.bytesWritten);
}

/** zlib gives no error for them. */
class TrailingBytes extends Error {
  constructor(count: number) {
    super(`${count} bytes follow what is compressed`);
  }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function invalid(id: string, cause: unknown): StateBagError {
  return new StoreError('GZIP_INVALID', `${id}: not gzip, or cut off (${messageOf(cause)})`, {
    cause,
    context: { path: id },
  });
}
