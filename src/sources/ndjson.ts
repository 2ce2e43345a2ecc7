import { createHash } from 'node:crypto';
import { ConfigError, ConflictError, StateBagError } from '../errors/index.js';
import { formatS3Uri } from '../store/index.js';
import type { ObjectAddress, ObjectStore, StoredObject } from '../store/index.js';
import type { Disk } from './disk.js';
import { COPIES, lineDocuments, mapDocuments, readLines, writeFramed } from './lines.js';
import { readChunks } from './read-file.js';
import { FileReplacement } from './replace-file.js';
import type { Destination, Replacement, SourceContainer, SourceDocument } from './source.js';

/** A file with one document a line, read and replaced as a stream. */
export class NdjsonContainer implements SourceContainer {
  version: string | undefined;
  tail: Uint8Array = new Uint8Array();
  readonly holdsLines = true;

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

/** The first and the last line, 1-based. */
export type LineRange = readonly [first: number, last: number];

/**
 * Some lines of an object that has one document a line: a part of an export, read only. Its copy is a container of its
 * own.
 */
export class LineRangeContainer implements SourceContainer {
  readonly id: string;
  tail: Uint8Array = new Uint8Array();
  readonly holdsLines = true;
  private object: StoredObject | undefined;

  constructor(
    private readonly objects: ObjectStore,
    readonly address: ObjectAddress,
    readonly range: LineRange,
  ) {
    this.id = `${formatS3Uri(address)}#L${range[0]}-L${range[1]}`;
  }

  get version(): string | undefined {
    return this.object?.version;
  }

  /** Named by their lines in the object; their `line` is that in the copy. */
  async *documents(signal?: AbortSignal): AsyncIterable<SourceDocument> {
    this.object ??= await this.objects.get(this.address, signal ? { signal } : {});
    const documents = lineDocuments(formatS3Uri(this.address), this.lines(this.object.bytes));
    const first = this.range[0];
    this.tail = yield* mapDocuments(documents, (document) => ({
      ...document,
      id: `${formatS3Uri(this.address)}#L${document.line! + first - 1}`,
    }));
  }

  replace(): Promise<Replacement> {
    return Promise.reject(
      new ConfigError('SOURCE_READ_ONLY', `${this.id} is a part of an export; what becomes of it goes to a copy`),
    );
  }

  private async *lines(bytes: Uint8Array): ReturnType<typeof readLines> {
    const [first, last] = this.range;
    let number = 0;
    for await (const line of readLines([bytes])) {
      number++;
      if (number > last) return;
      if (number >= first) yield line;
    }
  }
}

/** The copy of a line range, as `{prefix}{bucket}/{key}/L000000001-L000001000.ndjson`. */
export function rangeCopy(
  objects: ObjectStore,
  out: { readonly bucket: string; readonly prefix: string },
  { address, range }: LineRangeContainer,
): Destination {
  const name = range.map((line) => `L${String(line).padStart(9, '0')}`).join('-');
  const copy = { bucket: out.bucket, key: `${out.prefix}${address.bucket}/${address.key}/${name}.ndjson` };
  return { isCopy: true, pathOf: () => formatS3Uri(copy), open: () => Promise.resolve(copyTo(objects, copy)) };
}

function copyTo(objects: ObjectStore, address: ObjectAddress): Replacement {
  const parts: Uint8Array[] = [];
  return {
    write: (document, bytes) =>
      writeFramed(document, bytes, (whole) => {
        parts.push(Uint8Array.from(whole));
        return Promise.resolve();
      }),
    commit: (tail) => putOnce(objects, address, Buffer.concat([...parts, tail])),
    abort: () => Promise.resolve(),
  };
}

/**
 * A copy that is there already and says the same is left alone. Throws `ConflictError` `OUT_EXISTS` for one that says
 * something else.
 */
async function putOnce(objects: ObjectStore, address: ObjectAddress, bytes: Uint8Array): Promise<string> {
  try {
    return await objects.put(address, bytes, { ifAbsent: true, attributes: { contentType: 'application/x-ndjson' } });
  } catch (error) {
    if (!(error instanceof StateBagError) || error.code !== 'PRECONDITION_FAILED') throw error;
    const found = await objects.get(address);
    if (Buffer.compare(found.bytes, bytes) === 0) return found.version;
    throw new ConflictError(
      'OUT_EXISTS',
      `${formatS3Uri(address)} is there already and says something else; remove it, or choose another place for copies`,
      { cause: error },
    );
  }
}
