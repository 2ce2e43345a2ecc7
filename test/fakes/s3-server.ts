import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { S3State } from './s3-state.js';
import type { S3Object } from './s3-state.js';
import { readRequest, S3Failure } from './s3-wire.js';
import type { S3Operation, S3Request } from './s3-wire.js';
import { failureXml, listXml, taggingXml, uploadXml } from './s3-xml.js';

export { S3Failure } from './s3-wire.js';
export type { S3Operation } from './s3-wire.js';

/**
 * What goes wrong. `lost-reply` does the work and then breaks the connection; `truncated-body` and `hanging-body` stop
 * half-way through an answer's body; the others do no work at all.
 */
type S3FaultKind =
  | 'slow-down'
  | 'internal-error'
  | 'conflict'
  | 'denied'
  | 'full'
  | 'unsupported'
  | 'hang'
  | 'lost-reply'
  | 'truncated-body'
  | 'hanging-body';

export interface S3Fault {
  readonly operation: S3Operation;
  readonly kind: S3FaultKind;
  /** How many requests it befalls: `Infinity` for all until it is mended. Default 1. */
  readonly times?: number;
  /** Only requests on this bucket. Default: all. */
  readonly bucket?: string;
  /** Only requests on this key. Default: all. */
  readonly key?: string;
}

interface S3ServerOptions {
  readonly buckets?: readonly string[];
  /** Keys in one page of a listing. Default 1,000, as on S3. */
  readonly pageSize?: number;
  /** Account that owns all buckets. */
  readonly owner?: string;
  readonly now?: () => Date;
  /** Milliseconds that a request waits for its answer. Default: none. */
  readonly latency?: () => number;
}

export interface S3Server {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly S3Request[];
  readonly state: S3State;
  /** Lets requests fail from now on; what it returns mends the fault before it has befallen all its requests. */
  inject(fault: S3Fault): () => void;
  /** Awaited with every request before it has an effect. The listener may change the store, or throw an `S3Failure`. */
  before(listener: (request: S3Request) => void | Promise<void>): void;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An S3 of its own process: path-style, unsigned, with conditional writes, checksums, tags, multipart and listings. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const state = new S3State(options.now ?? (() => new Date()));
  for (const bucket of options.buckets ?? []) state.createBucket(bucket);
  const faults: InjectedFault[] = [];
  const requests: S3Request[] = [];
  const listeners: Listener[] = [];
  const server = createServer((incoming, response) => {
    void serve({ state, options, faults, requests, listeners }, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    state,
    inject: (fault) => {
      const injected: InjectedFault = { ...fault, times: fault.times ?? 1 };
      faults.push(injected);
      return () => {
        injected.times = 0;
      };
    },
    before: (listener) => void listeners.push(listener),
    stop: () => stop(server),
  };
}

type InjectedFault = S3Fault & { times: number };
type Listener = Parameters<S3Server['before']>[0];

interface Running {
  readonly state: S3State;
  readonly options: S3ServerOptions;
  readonly faults: readonly InjectedFault[];
  readonly requests: S3Request[];
  readonly listeners: readonly Listener[];
}

async function serve(running: Running, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const request = await readRequest(incoming);
    running.requests.push(request);
    assertOwner(running.options, request);
    if (running.options.latency) await setTimeout(running.options.latency());
    for (const listener of running.listeners) await listener(request);
    const fault = takeFault(running, request);
    if (fault === 'hang') return;
    const failure = FAILURES[fault ?? ''];
    if (failure !== undefined) throw failure;
    const answer = HANDLERS[request.operation](running, request);
    send(response, answer, fault);
  } catch (error) {
    const failure = error instanceof S3Failure ? error : new S3Failure(500, 'InternalError', String(error));
    send(response, {
      status: failure.status,
      headers: { 'content-type': 'application/xml' },
      body: failureXml(failure),
    });
  }
}

const FAILURES: Readonly<Record<string, S3Failure | undefined>> = {
  'slow-down': new S3Failure(503, 'SlowDown', 'Please reduce your request rate.'),
  'internal-error': new S3Failure(500, 'InternalError'),
  conflict: new S3Failure(
    409,
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation.',
  ),
  unsupported: new S3Failure(501, 'NotImplemented', 'This functionality is not implemented.'),
  denied: new S3Failure(403, 'AccessDenied', 'Access Denied'),
  full: new S3Failure(507, 'XMinioStorageFull', 'Storage backend has reached its minimum free drive threshold.'),
};

type Handler = (running: Running, request: S3Request) => Answer;

const HANDLERS: Readonly<Record<S3Operation, Handler>> = {
  ListBuckets: () => ({ status: 200, body: '<ListAllMyBucketsResult/>' }),
  CreateBucket: ({ state }, request) => {
    state.createBucket(request.bucket);
    return { status: 200 };
  },
  ListObjectsV2: list,
  GetBucketLifecycleConfiguration: ({ state }, { bucket }) => {
    const rules = state.settings(bucket).lifecycle;
    if (rules === undefined) throw new S3Failure(404, 'NoSuchLifecycleConfiguration');
    return { status: 200, body: `<LifecycleConfiguration>${rules}</LifecycleConfiguration>` };
  },
  GetObjectLockConfiguration: ({ state }, { bucket }) => {
    const lock = state.settings(bucket).objectLock;
    if (lock === undefined) throw new S3Failure(404, 'ObjectLockConfigurationNotFoundError');
    return { status: 200, body: `<ObjectLockConfiguration>${lock}</ObjectLockConfiguration>` };
  },
  GetBucketVersioning: ({ state }, { bucket }) => {
    const status = state.settings(bucket).versioning;
    const element = status === undefined ? '' : `<Status>${status}</Status>`;
    return { status: 200, body: `<VersioningConfiguration>${element}</VersioningConfiguration>` };
  },
  GetBucketEncryption: ({ state }, { bucket }) => {
    const rule = state.settings(bucket).encryption;
    if (rule === undefined) throw new S3Failure(404, 'ServerSideEncryptionConfigurationNotFoundError');
    return {
      status: 200,
      body: `<ServerSideEncryptionConfiguration><Rule>${rule}</Rule></ServerSideEncryptionConfiguration>`,
    };
  },
  PutObject: ({ state }, request) => ({ status: 200, headers: { etag: state.put(request).etag } }),
  GetObject: ({ state }, request) => objectAnswer(readable(state.object(request)), true),
  HeadObject: ({ state }, request) => objectAnswer(state.object(request), false),
  DeleteObject: ({ state }, request) => {
    state.delete(request);
    return { status: 204 };
  },
  GetObjectTagging: ({ state }, request) => ({ status: 200, body: taggingXml(state.object(request).tags) }),
  CreateMultipartUpload: ({ state }, request) => {
    const UploadId = state.createUpload(request);
    return {
      status: 200,
      body: uploadXml('InitiateMultipartUploadResult', { Bucket: request.bucket, Key: request.key, UploadId }),
    };
  },
  UploadPart: ({ state }, request) => {
    const sha256 = request.headers['x-amz-checksum-sha256'];
    return {
      status: 200,
      headers: {
        etag: state.putPart(request),
        ...(typeof sha256 === 'string' ? { 'x-amz-checksum-sha256': sha256 } : {}),
      },
    };
  },
  CompleteMultipartUpload: ({ state }, request) => {
    const { etag } = state.completeUpload(request);
    return {
      status: 200,
      body: uploadXml('CompleteMultipartUploadResult', { Bucket: request.bucket, Key: request.key, ETag: etag }),
    };
  },
  AbortMultipartUpload: ({ state }, request) => {
    state.abortUpload(request);
    return { status: 204 };
  },
};

function list({ state, options }: Running, request: S3Request): Answer {
  const prefix = request.query.get('prefix') ?? '';
  const token = request.query.get('continuation-token');
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url');
  const objects = [...state.bucket(request.bucket)]
    .filter(([key]) => key.startsWith(prefix) && (after === undefined || Buffer.compare(Buffer.from(key), after) > 0))
    .sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    .map(([key, object]) => ({ key, size: object.bytes.length, etag: object.etag, lastModified: object.lastModified }));
  const page = objects.slice(0, options.pageSize ?? 1000);
  const nextToken =
    page.length < objects.length ? Buffer.from(page.at(-1)?.key ?? '').toString('base64url') : undefined;
  const urlEncoded = request.query.get('encoding-type') === 'url';
  return { status: 200, body: listXml({ bucket: request.bucket, prefix, objects: page, nextToken, urlEncoded }) };
}

function readable(object: S3Object): S3Object {
  if (!/^(GLACIER|DEEP_ARCHIVE)$/.test(object.headers['x-amz-storage-class'] ?? '')) return object;
  throw new S3Failure(403, 'InvalidObjectState', "The operation is not valid for the object's storage class");
}

function objectAnswer(object: S3Object, withBody: boolean): Answer {
  const headers = { ...object.headers, etag: object.etag, 'last-modified': object.lastModified.toUTCString() };
  return withBody ? { status: 200, headers, body: object.bytes } : { status: 200, headers };
}

function assertOwner(options: S3ServerOptions, request: S3Request): void {
  const expected = request.headers['x-amz-expected-bucket-owner'];
  if (expected !== undefined && expected !== (options.owner ?? '000000000000'))
    throw new S3Failure(403, 'AccessDenied', 'Access Denied');
}

function takeFault(running: Running, { operation, bucket, key }: S3Request): S3FaultKind | undefined {
  const fault = running.faults.find(
    (candidate) =>
      candidate.operation === operation &&
      candidate.times > 0 &&
      (candidate.bucket ?? bucket) === bucket &&
      (candidate.key ?? key) === key,
  );
  if (fault === undefined) return undefined;
  fault.times -= 1;
  return fault.kind;
}

function send(response: ServerResponse, answer: Answer, fault?: S3FaultKind): void {
  if (fault === 'lost-reply') {
    response.destroy();
    return;
  }
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  if (fault !== 'truncated-body' && fault !== 'hanging-body') {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    if (fault === 'truncated-body') response.destroy();
  });
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
