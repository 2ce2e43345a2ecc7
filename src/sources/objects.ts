import { ConflictError, StateBagError } from '../errors/index.js';
import { formatS3Uri, parseS3Uri } from '../store/index.js';
import type { ObjectAddress, ObjectStore, StoredObject } from '../store/index.js';
import { asCompressed, inflate } from './gzip.js';
import { isGzip } from './read-file.js';
import { lineDocuments, mapDocuments, readLines, writeFramed } from './lines.js';
import type { DocumentSource, Replacement, SourceContainer, SourceDocument } from './source.js';

/** The object at an address, a document a line if its name says so. */
export function objectContainer(objects: ObjectStore, address: ObjectAddress, versionId?: string): ObjectContainer {
  return new ObjectContainer(objects, address, /\.(ndjson|jsonl)(\.gz)?$/i.test(address.key), versionId);
}

/**
 * An object in a bucket: one document, or one a line when its key ends in `.ndjson` or `.jsonl`, before a `.gz` or not.
 * An object that is compressed, whatever its key, is only read.
 */
export class ObjectContainer implements SourceContainer {
  readonly id: string;
  private object: StoredObject | undefined;
  tail: Uint8Array = new Uint8Array();

  constructor(
    private readonly objects: ObjectStore,
    private readonly address: ObjectAddress,
    readonly holdsLines: boolean,
    /** S3's id of the one version that may be replaced. Default: whichever is current. */
    private readonly versionId?: string,
  ) {
    this.id = formatS3Uri(address);
  }

  get version(): string | undefined {
    return this.object?.version;
  }

  async *documents(signal?: AbortSignal): AsyncIterable<SourceDocument> {
    // Once only: lines read twice must come from the one version that the new content replaces.
    this.object ??= await this.objects.get(this.address, signal ? { signal } : {});
    const stored = this.object.bytes;
    const isCompressed = isGzip(stored);
    const bytes = isCompressed ? await inflate(this.id, stored) : stored;
    const toDocument = (document: SourceDocument): SourceDocument =>
      isCompressed ? asCompressed(this.id, document) : document;
    if (this.holdsLines) this.tail = yield* mapDocuments(lineDocuments(this.id, readLines([bytes])), toDocument);
    else yield toDocument({ id: this.id, line: undefined, bytes });
  }

  replace(signal?: AbortSignal): Promise<Replacement> {
    if (this.isSuperseded) return Promise.reject(this.superseded());
    const parts: Uint8Array[] = [];
    return Promise.resolve({
      write: (document, bytes) =>
        writeFramed(document, bytes, (whole) => {
          parts.push(Uint8Array.from(whole));
          return Promise.resolve();
        }),
      commit: (tail) => this.put(Buffer.concat([...parts, tail]), signal),
      abort: () => Promise.resolve(),
    });
  }

  private get isSuperseded(): boolean {
    const current = this.object?.versionId;
    return this.versionId !== undefined && current !== undefined && current !== this.versionId;
  }

  private superseded(): ConflictError {
    return new ConflictError(
      'VERSION_SUPERSEDED',
      `${this.id}: version ${this.versionId} is not the current one any more (that is ${this.object?.versionId}), and old versions cannot be rewritten; name the current one, or none`,
    );
  }

  /** Content type, metadata, tags, encryption and storage class go back with the new bytes. */
  private async put(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
    const version = this.object?.version ?? '';
    try {
      const { attributes } = await this.objects.get(this.address, { withTags: true, ...(signal ? { signal } : {}) });
      return await this.objects.put(this.address, bytes, {
        ifMatch: version,
        attributes,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      const landed = await this.landed(bytes);
      if (landed) return landed.version;
      throw this.moved(error) ?? error;
    }
  }

  /**
   * A write whose reply was lost, and which the SDK then repeated, shows as a failed condition. What lies there now
   * decides; when that cannot be read either, nothing is known and the error stands.
   */
  private async landed(bytes: Uint8Array): Promise<StoredObject | undefined> {
    const found = await this.objects.get(this.address).catch(() => undefined);
    return found && Buffer.compare(found.bytes, bytes) === 0 ? found : undefined;
  }

  private moved(cause: unknown): ConflictError | undefined {
    const codes = ['PRECONDITION_FAILED', 'OBJECT_NOT_FOUND'];
    if (!(cause instanceof StateBagError) || !codes.includes(cause.code)) return undefined;
    return new ConflictError(
      'DOCUMENT_MOVED',
      `${this.id} changed or vanished while it was being rewritten; it is left as it is`,
      { cause },
    );
  }
}

/** `s3://bucket/prefix`: every object below it. */
export class ObjectPrefixSource implements DocumentSource {
  readonly id: string;

  constructor(
    private readonly objects: ObjectStore,
    private readonly prefix: { readonly bucket: string; readonly key: string },
    /** True for objects that are no documents: the blobs of the store itself. */
    private readonly isExcluded: (address: ObjectAddress) => boolean,
  ) {
    this.id = formatS3Uri(prefix);
  }

  async *containers(signal?: AbortSignal): AsyncIterable<SourceContainer> {
    for await (const summary of this.objects.list(this.prefix.bucket, this.prefix.key, signal)) {
      const isFolderMarker = summary.key.endsWith('/') && summary.size === 0;
      if (!isFolderMarker && !this.isExcluded(summary)) yield this.at(summary);
    }
  }

  container(id: string): SourceContainer {
    return this.at(parseS3Uri(id));
  }

  private at(address: ObjectAddress): SourceContainer {
    const { bucket, key } = address;
    return objectContainer(this.objects, { bucket, key });
  }
}
