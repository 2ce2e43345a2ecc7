import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** An answer in S3's error form. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';

  constructor(
    readonly status: number,
    readonly code: string,
    message = code,
  ) {
    super(message);
  }
}

export interface S3Request {
  readonly operation: S3Operation;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export type S3Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'ListObjectsV2'
  | 'GetBucketLifecycleConfiguration'
  | 'GetObjectLockConfiguration'
  | 'GetBucketVersioning'
  | 'GetBucketEncryption'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'GetObjectTagging'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

/** Reads one request whole: path-style address, query, body without its aws-chunked framing, checksums verified. */
export async function readRequest(incoming: IncomingMessage): Promise<S3Request> {
  const [path = '', search = ''] = (incoming.url ?? '/').split('?');
  // Not `URL`: it would fold `..` and `//` in keys.
  const [, bucket = '', ...rest] = path.split('/');
  const query = new Map(new URLSearchParams(search));
  const key = decodeURIComponent(rest.join('/'));
  const operation = operationOf(incoming.method ?? 'GET', key, query, bucket);
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const { body, trailers } = unframed(incoming.headers, Buffer.concat(chunks));
  assertChecksums({ ...incoming.headers, ...trailers }, body);
  return { operation, bucket: decodeURIComponent(bucket), key, query, headers: incoming.headers, body };
}

function operationOf(method: string, key: string, query: ReadonlyMap<string, string>, bucket: string): S3Operation {
  const found = key === '' ? bucketOperation(method, query, bucket) : objectOperation(method, query);
  if (found === undefined)
    throw new S3Failure(
      501,
      'NotImplemented',
      `${method} on ${key === '' ? 'a bucket' : 'an object'} is not part of this fake.`,
    );
  return found;
}

const BUCKET_SETTINGS: Readonly<Record<string, S3Operation>> = {
  lifecycle: 'GetBucketLifecycleConfiguration',
  'object-lock': 'GetObjectLockConfiguration',
  versioning: 'GetBucketVersioning',
  encryption: 'GetBucketEncryption',
};

function bucketOperation(method: string, query: ReadonlyMap<string, string>, bucket: string): S3Operation | undefined {
  if (method === 'PUT') return 'CreateBucket';
  if (method !== 'GET') return undefined;
  if (bucket === '') return 'ListBuckets';
  const setting = Object.keys(BUCKET_SETTINGS).find((name) => query.has(name));
  return setting === undefined ? 'ListObjectsV2' : BUCKET_SETTINGS[setting];
}

function objectOperation(method: string, query: ReadonlyMap<string, string>): S3Operation | undefined {
  const multipart = query.has('uploadId');
  if (method === 'GET') return query.has('tagging') ? 'GetObjectTagging' : 'GetObject';
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'PUT') return multipart ? 'UploadPart' : 'PutObject';
  if (method === 'DELETE') return multipart ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method !== 'POST') return undefined;
  if (query.has('uploads')) return 'CreateMultipartUpload';
  return multipart ? 'CompleteMultipartUpload' : undefined;
}

/** Takes the `aws-chunked` framing off: `size[;signature]CRLF bytes CRLF … 0 CRLF trailers CRLF`. */
function unframed(
  headers: IncomingHttpHeaders,
  raw: Buffer,
): { readonly body: Uint8Array; readonly trailers: IncomingHttpHeaders } {
  if (!String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')) return { body: raw, trailers: {} };
  const parts: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) break;
    parts.push(raw.subarray(at, at + size));
    at += size + 2;
  }
  const lines = raw
    .toString('latin1', at)
    .split('\r\n')
    .filter((line) => line.includes(':'));
  const trailers = Object.fromEntries(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { body: Buffer.concat(parts), trailers };
}

function assertChecksums(headers: IncomingHttpHeaders, body: Uint8Array): void {
  const sha256 = createHash('sha256').update(body).digest();
  const claimed = headers['x-amz-checksum-sha256'];
  if (claimed !== undefined && claimed !== sha256.toString('base64')) {
    throw new S3Failure(400, 'BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
  }
  const signed = String(headers['x-amz-content-sha256'] ?? '');
  if (/^[0-9a-f]{64}$/.test(signed) && signed !== sha256.toString('hex'))
    throw new S3Failure(400, 'XAmzContentSHA256Mismatch');
}
