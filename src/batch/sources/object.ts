import { ConflictError, StateBagError } from '../../errors.js';
import type { ObjectAddress, ObjectStore, StoredObject } from '../../store/index.js';
import { formatS3Uri } from '../../store/index.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import { isBlank, readLines } from './lines.js';
import { framed } from './ndjson.js';

/** An object in a bucket: one document, or one a line when its key ends in `.ndjson` or `.jsonl`. */
export class ObjectContainer implements SourceContainer {
  readonly id: string;
  private object: StoredObject | undefined;
  private tail: Uint8Array = new Uint8Array();

  constructor(
    private readonly objects: ObjectStore,
    private readonly address: ObjectAddress,
    private readonly isNdjson: boolean,
  ) {
    this.id = formatS3Uri(address);
  }

  get version(): string | undefined {
    return this.object?.version;
  }

  async *documents(signal?: AbortSignal): AsyncIterable<SourceDocument> {
    this.object = await this.objects.get(this.address, signal ? { signal } : {});
    if (this.isNdjson) yield* this.lines(this.object.bytes);
    else yield { id: this.id, line: undefined, bytes: this.object.bytes };
  }

  private async *lines(bytes: Uint8Array): AsyncIterable<SourceDocument> {
    let blank: Uint8Array[] = [];
    let number = 0;
    for await (const line of readLines([bytes])) {
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
  }

  replace(signal?: AbortSignal): Promise<Replacement> {
    const parts: Uint8Array[] = [];
    return Promise.resolve({
      write: (document, bytes) => {
        parts.push(framed(document, bytes));
        return Promise.resolve();
      },
      commit: () => this.put(Buffer.concat([...parts, this.tail]), signal),
      abort: () => Promise.resolve(),
    });
  }

  /** Content type, metadata, tags, encryption and storage class go back with the new bytes. */
  private async put(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
    const version = this.object?.version ?? '';
    try {
      const { attributes } = await this.objects.get(this.address, { withTags: true, ...(signal ? { signal } : {}) });
      return await this.objects.put(this.address, bytes, { ifMatch: version, attributes, ...(signal ? { signal } : {}) });
    } catch (error) {
      throw this.moved(error) ?? error;
    }
  }

  private moved(cause: unknown): ConflictError | undefined {
    const codes = ['PRECONDITION_FAILED', 'OBJECT_NOT_FOUND'];
    if (!(cause instanceof StateBagError) || !codes.includes(cause.code)) return undefined;
    return new ConflictError('DOCUMENT_MOVED', `${this.id} changed or vanished while it was being rewritten; it is left as it is`, { cause });
  }
}
