import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { StateBagError } from '../../errors/index.js';
import { ConfigError, StoreError, messageOf } from '../../errors/index.js';
import { diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { lineDocuments, readLines } from './lines.js';

/** A compressed file that is read as a stream and never replaced: one document, or one a line. */
export class GzipContainer implements SourceContainer {
  readonly version = undefined;
  tail: Uint8Array = new Uint8Array();

  constructor(readonly id: string) {}

  async *documents(): AsyncIterable<SourceDocument> {
    if (/\.json\.gz$/i.test(this.id)) yield { id: this.id, line: undefined, bytes: await whole(this.read()) };
    else this.tail = yield* lineDocuments(this.id, readLines(this.read()));
  }

  replace(): Promise<Replacement> {
    return Promise.reject(
      new ConfigError('SOURCE_COMPRESSED', `${this.id} is compressed and can only be read; decompress it first`),
    );
  }

  private async *read(): AsyncIterable<Uint8Array> {
    const file = createReadStream(this.id);
    const inflated = createGunzip();
    file.once('error', (error) => inflated.destroy(error));
    try {
      for await (const chunk of file.pipe(inflated)) yield chunk as Buffer;
    } catch (error) {
      throw readError(this.id, error);
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

function readError(path: string, error: unknown): StateBagError {
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_') !== true) return diskError(path, error);
  return new StoreError('GZIP_INVALID', `${path}: not gzip, or cut off (${messageOf(error)})`, {
    cause: error,
    context: { path },
  });
}
