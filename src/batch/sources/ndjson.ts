import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Disk } from '../disk.js';
import { diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { FileReplacement } from './file-replacement.js';
import { isBlank, readLines } from './lines.js';

const CHUNK_BYTES = 1 << 20;

/** A file with one document a line, read and replaced as a stream. */
export class NdjsonContainer implements SourceContainer {
  version: string | undefined;
  private tail: Uint8Array = new Uint8Array();

  constructor(
    readonly id: string,
    private readonly disk: Disk,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const hash = createHash('sha256');
    let blank: Uint8Array[] = [];
    let number = 0;
    for await (const line of readLines(hashed(this.read(), hash))) {
      number++;
      if (isBlank(line.bytes)) {
        blank.push(line.bytes, line.ending);
        continue;
      }
      const frame = { before: Buffer.concat(blank), after: line.ending };
      blank = [];
      yield { id: `${this.id}#L${number}`, line: number, bytes: line.bytes, frame };
    }
    this.tail = Buffer.concat(blank);
    this.version = hash.digest('hex');
  }

  async replace(): Promise<Replacement> {
    const file = await FileReplacement.open(this.disk, this.id);
    return {
      write: (document, bytes) => file.write(framed(document, bytes)),
      commit: async () => {
        await file.write(this.tail);
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

/** A document's new bytes between what stood around the old ones. */
export function framed({ frame }: SourceDocument, bytes: Uint8Array): Uint8Array {
  return frame ? Buffer.concat([frame.before, bytes, frame.after]) : bytes;
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
