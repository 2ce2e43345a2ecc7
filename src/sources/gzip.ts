import { createReadStream } from 'node:fs';
import { createGunzip, gunzip } from 'node:zlib';
import { BagError, messageOf, StoreError } from '../errors/index.js';
import type { StateBagError } from '../errors/index.js';
import { diskError } from './disk.js';
import { lineDocuments, mapDocuments, readLines } from './lines.js';
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
    return await new Promise<Uint8Array>((resolve, reject) => {
      gunzip(bytes, (error, inflated) => {
        if (error) reject(error);
        else resolve(inflated);
      });
    });
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
    const file = createReadStream(this.id);
    const inflated = createGunzip();
    file.once('error', (error) => inflated.destroy(error));
    try {
      for await (const chunk of file.pipe(inflated)) yield chunk as Buffer;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw code?.startsWith('Z_') === true ? invalid(this.id, error) : diskError(this.id, error);
    } finally {
      file.destroy();
    }
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
