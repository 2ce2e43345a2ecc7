import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { StateBagError } from '../errors/index.js';
import { createBlobStore } from './blob-store.js';
import type { BlobStore, BlobStoreOptions } from './blob-store.js';
import { sha256Hex, verifiedSha256, assertAddress, mayBeginKey } from './address.js';
import type {
  DeleteRequest,
  GetRequest,
  ObjectAddress,
  ObjectStore,
  ObjectSummary,
  PutRequest,
  StoredObject,
} from './object-store.js';
import { attributesOf, putFieldsOf } from './s3-attributes.js';
import { readBody } from './s3-body.js';
import { createS3Client, DEFAULT_ATTEMPTS } from './s3-client.js';
import type { S3ObjectStoreOptions } from './s3-client.js';
import { s3Error } from './s3-errors.js';
import type { S3Call } from './s3-errors.js';
import { preconditionFailed, storeErrorOf } from './store-errors.js';
import { isWrittenSince } from './written-since.js';

export type { S3ObjectStoreOptions } from './s3-client.js';

/** S3, or a server that speaks its protocol. The client is made on the first call and kept. */
export function s3ObjectStore(options: S3ObjectStoreOptions = {}): ObjectStore {
  return new S3Store(options);
}

/** A claim-check store on `s3ObjectStore`. */
export function s3BlobStore(options: Omit<BlobStoreOptions, 'objects'> & S3ObjectStoreOptions): BlobStore {
  return createBlobStore({ ...options, objects: s3ObjectStore(options) });
}

/** Also the smallest part S3 takes, except for the last. */
const LARGEST_SINGLE_PUT = 5 * 1024 * 1024;

interface Sending {
  readonly client: S3Client;
  readonly options: { readonly abortSignal?: AbortSignal };
}

class S3Store implements ObjectStore {
  readonly description: string;
  readonly keepsAttributes = true;
  readonly #options: S3ObjectStoreOptions;
  #client: Promise<S3Client> | undefined;

  constructor(options: S3ObjectStoreOptions) {
    this.#options = options;
    this.description = options.endpoint === undefined ? 's3:' : `s3: at ${options.endpoint}`;
  }

  async get(address: ObjectAddress, request: GetRequest = {}): Promise<StoredObject> {
    assertAddress(address);
    const found = await this.#getWhole(address, request);
    if (request.withTags !== true) return found;
    const tags = await this.#getTags(address, request.signal);
    return tags === undefined ? found : { ...found, attributes: { ...found.attributes, tags } };
  }

  async put(address: ObjectAddress, bytes: Uint8Array, request: PutRequest = {}): Promise<string> {
    assertAddress(address);
    assertStrong(request.ifMatch, address);
    const absent = request.ifMatch === undefined ? 'STORE_REJECTED' : 'PRECONDITION_FAILED';
    const call: S3Call = { verb: 'write', action: putActionOf(request), address, absent };
    return this.#send(call, request.signal, async (sending) => {
      const inParts = request.unlike === undefined ? bytes.length > LARGEST_SINGLE_PUT : !isOfParts(request.unlike);
      const etag = await (inParts
        ? this.#putParts(sending, address, bytes, request)
        : this.#putWhole(sending, address, bytes, request));
      return versionOf(etag, address);
    });
  }

  async *list(bucket: string, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectSummary> {
    if (!mayBeginKey(prefix)) return;
    const call: S3Call = {
      verb: 'list',
      action: 's3:ListBucket',
      address: { bucket, key: prefix },
      absent: 'OBJECT_NOT_FOUND',
    };
    let token: string | undefined;
    do {
      const input = {
        ...this.#owner(),
        Bucket: bucket,
        Prefix: prefix,
        EncodingType: 'url',
        ContinuationToken: token,
      } as const;
      const page = await this.#send(call, signal, ({ client, options }) =>
        client.send(new ListObjectsV2Command(input), options),
      );
      yield* summariesOf(bucket, page);
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(address: ObjectAddress, request: DeleteRequest = {}): Promise<void> {
    assertAddress(address);
    const version = await this.#oldVersion(address, request);
    assertStrong(version, address);
    const call: S3Call = { verb: 'delete', action: 's3:DeleteObject', address, absent: 'OBJECT_NOT_FOUND' };
    const input = { ...this.#owner(), ...inputOf(address), ...(version === undefined ? {} : { IfMatch: version }) };
    try {
      await this.#send(call, request.signal, ({ client, options }) =>
        client.send(new DeleteObjectCommand(input), options),
      );
    } catch (error) {
      if (!(error instanceof StateBagError) || error.code !== 'OBJECT_NOT_FOUND') throw error;
    }
  }

  /**
   * The version to delete. S3 has no condition on the time, so the time is looked at first, and whoever writes the same
   * bytes anew in between gives them another ETag (`PutRequest.unlike`).
   */
  async #oldVersion(
    address: ObjectAddress,
    { ifMatch, unmodifiedSince, signal }: DeleteRequest,
  ): Promise<string | undefined> {
    if (unmodifiedSince === undefined) return ifMatch;
    const call: S3Call = { verb: 'look at', action: 's3:GetObject', address, absent: 'OBJECT_NOT_FOUND' };
    try {
      const input = { ...this.#owner(), ...inputOf(address) };
      const found = await this.#send(call, signal, ({ client, options }) =>
        client.send(new HeadObjectCommand(input), options),
      );
      if (isWrittenSince(found.LastModified ?? new Date(), unmodifiedSince)) throw preconditionFailed(address, {});
      return ifMatch ?? versionOf(found.ETag, address);
    } catch (error) {
      if (error instanceof StateBagError && error.code === 'OBJECT_NOT_FOUND') return ifMatch;
      throw error;
    }
  }

  async #getWhole(address: ObjectAddress, request: GetRequest): Promise<StoredObject> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#getOnce(address, request);
      } catch (error) {
        const again =
          error instanceof StateBagError &&
          error.code === 'BODY_TRUNCATED' &&
          attempt < (this.#options.maxAttempts ?? DEFAULT_ATTEMPTS);
        if (!again) throw error;
      }
    }
  }

  #getOnce(address: ObjectAddress, { signal, maxBytes }: GetRequest): Promise<StoredObject> {
    const call: S3Call = { verb: 'read', action: 's3:GetObject', address, absent: 'OBJECT_NOT_FOUND' };
    return this.#send(call, signal, async ({ client, options }) => {
      const output = await client.send(new GetObjectCommand({ ...this.#owner(), ...inputOf(address) }), options);
      const body = (output.Body ?? []) as AsyncIterable<Uint8Array>;
      const bytes = await readBody(address, body, output.ContentLength, maxBytes);
      const versionId = output.VersionId === undefined ? {} : { versionId: output.VersionId };
      return {
        bytes,
        version: versionOf(output.ETag, address),
        ...versionId,
        attributes: attributesOf(output),
        lastModified: output.LastModified ?? new Date(0),
      };
    });
  }

  async #getTags(
    address: ObjectAddress,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const call: S3Call = {
      verb: 'read the tags of',
      action: 's3:GetObjectTagging',
      address,
      absent: 'OBJECT_NOT_FOUND',
    };
    return this.#send(call, signal, async ({ client, options }) => {
      try {
        const output = await client.send(
          new GetObjectTaggingCommand({ ...this.#owner(), ...inputOf(address) }),
          options,
        );
        const tags = (output.TagSet ?? []).map((tag): [string, string] => [tag.Key ?? '', tag.Value ?? '']);
        return tags.length === 0 ? undefined : Object.fromEntries(tags);
      } catch (error) {
        // A server without tags has none to lose.
        if (error instanceof Error && error.name === 'NotImplemented') return undefined;
        throw error;
      }
    });
  }

  async #putWhole(
    { client, options }: Sending,
    address: ObjectAddress,
    bytes: Uint8Array,
    request: PutRequest,
  ): Promise<string | undefined> {
    const digest = Buffer.from(request.sha256 ?? sha256Hex(bytes), 'hex').toString('base64');
    const input = { ...this.#putInput(address, bytes, request), ChecksumSHA256: digest };
    return (await client.send(new PutObjectCommand(input), options)).ETag;
  }

  async #putParts(
    { client, options }: Sending,
    address: ObjectAddress,
    bytes: Uint8Array,
    request: PutRequest,
  ): Promise<string | undefined> {
    // S3 keeps only a digest of the parts' digests, so a claim about the whole can be verified here alone.
    verifiedSha256(address, bytes, request.sha256);
    const { uploadInParts, uploadInOnePart } = await import('./s3-upload.js');
    const upload = bytes.length > LARGEST_SINGLE_PUT ? uploadInParts : uploadInOnePart;
    return upload(client, this.#putInput(address, bytes, request), options.abortSignal);
  }

  #putInput(address: ObjectAddress, bytes: Uint8Array, request: PutRequest): PutObjectCommandInput {
    return {
      ...this.#owner(),
      ...inputOf(address),
      ...(putFieldsOf(request.attributes ?? {}, this.#options.kmsKeyId) as Partial<PutObjectCommandInput>),
      ...(request.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
      ...(request.ifAbsent !== true && request.ifMatch !== undefined ? { IfMatch: request.ifMatch } : {}),
      Body: bytes,
      ChecksumAlgorithm: 'SHA256',
    };
  }

  #owner(): { readonly ExpectedBucketOwner?: string } {
    const owner = this.#options.expectedBucketOwner;
    return owner === undefined ? {} : { ExpectedBucketOwner: owner };
  }

  async #send<T>(call: S3Call, signal: AbortSignal | undefined, work: (sending: Sending) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    this.#client ??= createS3Client(this.#options);
    const client = await this.#client;
    try {
      return await work({ client, options: signal === undefined ? {} : { abortSignal: signal } });
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Error(error, call);
    }
  }
}

/** An ETag of an upload in parts ends with their number, and is another than that of the same bytes in one piece. */
function isOfParts(version: string): boolean {
  return /-\d+"?$/.test(version);
}

/** A condition on a weak ETag never holds (RFC 9110, 13.1.1): a server answers as if the object had changed. */
function assertStrong(version: string | undefined, address: ObjectAddress): void {
  if (version?.startsWith('W/') !== true) return;
  throw storeErrorOf(
    'ETAG_WEAK',
    `The server gave the weak ETag ${version} for key ${address.key} of bucket ${address.bucket}, and If-Match never matches a weak one, so that the object cannot be replaced or deleted safely. Name the endpoint of the server itself, or let the proxy in front of it pass answers unchanged.`,
    address,
  );
}

function inputOf(address: ObjectAddress): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: address.bucket, Key: address.key };
}

function putActionOf(request: PutRequest): string {
  return request.attributes?.tags === undefined ? 's3:PutObject' : 's3:PutObject with s3:PutObjectTagging';
}

function versionOf(etag: string | undefined, address: ObjectAddress): string {
  if (etag !== undefined) return etag;
  throw storeErrorOf(
    'STORE_REJECTED',
    `The server gave no ETag for key ${address.key} of bucket ${address.bucket}; conditional writes need one.`,
    address,
  );
}

function* summariesOf(bucket: string, page: ListObjectsV2CommandOutput): Generator<ObjectSummary> {
  // Asked to, the server escapes keys that XML cannot carry. A server that ignores the request says so by its silence.
  const plain =
    page.EncodingType === 'url'
      ? (key: string): string => decodeURIComponent(key.replaceAll('+', ' '))
      : (key: string): string => key;
  for (const { Key: key, Size: size, ETag: version, LastModified: lastModified } of page.Contents ?? []) {
    yield {
      bucket,
      key: plain(key ?? ''),
      size: size ?? 0,
      version: version ?? '',
      lastModified: lastModified ?? new Date(0),
    };
  }
}
