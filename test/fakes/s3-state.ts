import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Failure } from './s3-wire.js';
import type { S3Request } from './s3-wire.js';
import { parseParts } from './s3-xml.js';

export interface S3Object {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: Date;
  /** The request headers that come back with the object. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

interface Upload {
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly md5: Buffer }>;
}

/** What is set for a bucket: XML as S3 answers it, without the outermost element. */
export interface BucketSettings {
  /** `<Rule>…</Rule>`, several in a row. */
  lifecycle?: string;
  objectLock?: string;
  versioning?: 'Enabled' | 'Suspended';
  /** Content of the one `<Rule>`. */
  encryption?: string;
}

const KEPT =
  /^(content-(type|encoding|disposition|language)|cache-control|x-amz-meta-.*|x-amz-storage-class|x-amz-server-side-encryption.*)$/;
const SMALLEST_PART = 5 * 1024 * 1024;

/** Buckets, objects and unfinished uploads, with S3's rules for conditions. */
export class S3State {
  readonly #buckets = new Map<string, Map<string, S3Object>>();
  readonly #uploads = new Map<string, Upload>();
  readonly #settings = new Map<string, BucketSettings>();

  constructor(readonly now: () => Date) {}

  createBucket(name: string): void {
    if (!this.#buckets.has(name)) this.#buckets.set(name, new Map());
  }

  bucket(name: string): Map<string, S3Object> {
    const found = this.#buckets.get(name);
    if (found === undefined) throw new S3Failure(404, 'NoSuchBucket', 'The specified bucket does not exist');
    return found;
  }

  /** To read and to change. */
  settings(name: string): BucketSettings {
    this.bucket(name);
    const found = this.#settings.get(name) ?? {};
    this.#settings.set(name, found);
    return found;
  }

  object(request: S3Request): S3Object {
    const found = this.bucket(request.bucket).get(request.key);
    if (found === undefined) throw new S3Failure(404, 'NoSuchKey', 'The specified key does not exist.');
    return found;
  }

  put(request: S3Request): S3Object {
    this.#assertCondition(request);
    return this.#keep(request, request.headers, request.body, `"${md5(request.body).toString('hex')}"`);
  }

  delete(request: S3Request): void {
    const objects = this.bucket(request.bucket);
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && objects.has(request.key)) this.#assertCondition(request);
    objects.delete(request.key);
  }

  createUpload(request: S3Request): string {
    this.bucket(request.bucket);
    const id = randomUUID();
    this.#uploads.set(id, { key: request.key, headers: request.headers, parts: new Map() });
    return id;
  }

  putPart(request: S3Request): string {
    const digest = md5(request.body);
    this.#upload(request).parts.set(Number(request.query.get('partNumber')), { bytes: request.body, md5: digest });
    return `"${digest.toString('hex')}"`;
  }

  completeUpload(request: S3Request): S3Object {
    const upload = this.#upload(request);
    this.#assertCondition(request);
    const parts = parseParts(Buffer.from(request.body).toString()).map(({ number, etag }) =>
      partOf(upload, number, etag),
    );
    if (parts.slice(0, -1).some((part) => part.bytes.length < SMALLEST_PART))
      throw new S3Failure(400, 'EntityTooSmall');
    this.abortUpload(request);
    const etag = `"${md5(Buffer.concat(parts.map((part) => part.md5))).toString('hex')}-${parts.length}"`;
    return this.#keep(request, upload.headers, Buffer.concat(parts.map((part) => part.bytes)), etag);
  }

  abortUpload(request: S3Request): void {
    this.#upload(request);
    this.#uploads.delete(request.query.get('uploadId') ?? '');
  }

  get unfinishedUploads(): number {
    return this.#uploads.size;
  }

  #upload(request: S3Request): Upload {
    const found = this.#uploads.get(request.query.get('uploadId') ?? '');
    if (found?.key !== request.key) throw new S3Failure(404, 'NoSuchUpload');
    return found;
  }

  #assertCondition(request: S3Request): void {
    const found = this.bucket(request.bucket).get(request.key);
    const none = request.headers['if-none-match'];
    const match = request.headers['if-match'];
    if (none !== undefined && none !== '*')
      throw new S3Failure(501, 'NotImplemented', 'If-None-Match takes only * on a write.');
    if (none !== undefined && found !== undefined) throw preconditionFailed();
    if (match !== undefined && found === undefined)
      throw new S3Failure(404, 'NoSuchKey', 'The specified key does not exist.');
    if (match !== undefined && match !== found?.etag) throw preconditionFailed();
  }

  #keep(request: S3Request, headers: IncomingHttpHeaders, bytes: Uint8Array, etag: string): S3Object {
    const kept = Object.entries(headers).filter(([name]) => KEPT.test(name));
    const object: S3Object = {
      bytes,
      etag,
      lastModified: this.now(),
      headers: Object.fromEntries(
        kept.map(([name, value]): [string, string] => [name, String(value).replace(/,?aws-chunked$/, '')]),
      ),
      tags: Object.fromEntries(new URLSearchParams(String(headers['x-amz-tagging'] ?? ''))),
    };
    this.bucket(request.bucket).set(request.key, object);
    return object;
  }
}

function partOf(upload: Upload, number: number, etag: string): { readonly bytes: Uint8Array; readonly md5: Buffer } {
  const part = upload.parts.get(number);
  if (part === undefined || `"${part.md5.toString('hex')}"` !== etag) throw new S3Failure(400, 'InvalidPart');
  return part;
}

function preconditionFailed(): S3Failure {
  return new S3Failure(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}
