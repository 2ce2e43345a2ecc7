import { messageOf, StateBagError } from '../errors/index.js';
import type { ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';
import type { StoreErrorCode } from './store-errors.js';

/** What was asked of S3, for the message of its refusal. */
export interface S3Call {
  readonly verb: string;
  /** The IAM actions it needs. */
  readonly action: string;
  readonly address: ObjectAddress;
  /** What "no such key" means to this call. */
  readonly absent: 'OBJECT_NOT_FOUND' | 'PRECONDITION_FAILED' | 'STORE_REJECTED';
}

const BY_NAME: Readonly<Record<string, StoreErrorCode>> = {
  NoSuchBucket: 'BUCKET_NOT_FOUND',
  InvalidObjectState: 'OBJECT_ARCHIVED',
  PreconditionFailed: 'PRECONDITION_FAILED',
  ConditionalRequestConflict: 'WRITE_CONFLICT',
  OperationAborted: 'WRITE_CONFLICT',
  // A multipart upload that ended under our feet: either its completion landed and the reply was lost, or a rival
  // conditional write ended it. Both are found out by writing again under the same condition.
  NoSuchUpload: 'WRITE_CONFLICT',
  KeyTooLongError: 'KEY_INVALID',
  InvalidURI: 'KEY_INVALID',
  // versitygw keeps objects as files, where one key cannot be both a file and a folder.
  DirectoryObjectContainsData: 'KEY_INVALID',
  ExistingObjectIsDirectory: 'KEY_INVALID',
  ObjectParentIsFile: 'KEY_INVALID',
  XMinioInvalidObjectName: 'KEY_INVALID',
  XMinioInvalidResourceName: 'KEY_INVALID',
  BadDigest: 'DIGEST_MISMATCH',
  InvalidDigest: 'DIGEST_MISMATCH',
  XAmzContentChecksumMismatch: 'DIGEST_MISMATCH',
  XAmzContentSHA256Mismatch: 'DIGEST_MISMATCH',
  NotImplemented: 'STORE_UNSUPPORTED',
  QuotaExceeded: 'STORE_FULL',
  XMinioStorageFull: 'STORE_FULL',
  CredentialsProviderError: 'STORE_DENIED',
  ExpiredToken: 'STORE_DENIED',
  RequestTimeTooSkewed: 'STORE_DENIED',
  InvalidToken: 'STORE_DENIED',
  RequestTimeout: 'STORE_TIMEOUT',
  SlowDown: 'STORE_UNAVAILABLE',
  ThrottlingException: 'STORE_UNAVAILABLE',
};

/** Refusals that a later try usually has not: Lambda renews credentials, and clocks are set. */
const PASSING = new Set(['ExpiredToken', 'RequestTimeTooSkewed']);

const BY_STATUS: Readonly<Record<number, StoreErrorCode>> = {
  401: 'STORE_DENIED',
  403: 'STORE_DENIED',
  408: 'STORE_TIMEOUT',
  409: 'WRITE_CONFLICT',
  412: 'PRECONDITION_FAILED',
  429: 'STORE_UNAVAILABLE',
  501: 'STORE_UNSUPPORTED',
  507: 'STORE_FULL',
};

const BY_SOCKET: Readonly<Record<string, StoreErrorCode>> = {
  ETIMEDOUT: 'STORE_TIMEOUT',
  ESOCKETTIMEDOUT: 'STORE_TIMEOUT',
  EAI_AGAIN: 'STORE_UNAVAILABLE',
  ECONNREFUSED: 'STORE_UNAVAILABLE',
  ECONNRESET: 'STORE_UNAVAILABLE',
  EHOSTUNREACH: 'STORE_UNAVAILABLE',
  ENETUNREACH: 'STORE_UNAVAILABLE',
  ENOTFOUND: 'STORE_UNAVAILABLE',
  EPIPE: 'STORE_UNAVAILABLE',
};

/** The port's error for whatever the SDK threw, told by its name, HTTP status and socket code, never by its message. */
export function s3Error(error: unknown, call: S3Call): Error {
  if (error instanceof StateBagError) return error;
  const facts = factsOf(error);
  const code = codeOf(facts, call);
  const { bucket, key } = call.address;
  const told = [facts.name, facts.status === undefined ? undefined : `HTTP ${facts.status}`].filter(
    (fact) => fact !== undefined,
  );
  const place = key === '' ? 'bucket' : `key ${key} of bucket`;
  const message = `Cannot ${call.verb} ${place} ${bucket}: ${adviceOf(code, call)}${messageOf(error)} (${told.join(', ')})`;
  return storeErrorOf(code, message, call.address, error, PASSING.has(facts.name));
}

interface Facts {
  readonly name: string;
  readonly status: number | undefined;
  readonly socketCode: string | undefined;
}

function factsOf(error: unknown): Facts {
  const { name, code, $metadata } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = $metadata?.httpStatusCode;
  return {
    name: typeof name === 'string' ? name : 'unknown error',
    status: typeof status === 'number' ? status : undefined,
    socketCode: typeof code === 'string' ? code : undefined,
  };
}

function codeOf({ name, status, socketCode }: Facts, call: S3Call): StoreErrorCode {
  const named = BY_NAME[name];
  if (named !== undefined) return named;
  // Not any 404: a proxy's or a wrong endpoint's page must not pass for an absent object.
  if (name === 'NoSuchKey' || name === 'NotFound') return call.absent;
  // The SDK renames a reset connection to TimeoutError; the socket's own code knows better.
  const socket = BY_SOCKET[socketCode ?? ''];
  if (socket !== undefined) return socket;
  if (name === 'TimeoutError') return 'STORE_TIMEOUT';
  const known = BY_STATUS[status ?? 0];
  return known ?? (status !== undefined && status >= 500 ? 'STORE_UNAVAILABLE' : 'STORE_REJECTED');
}

function adviceOf(code: StoreErrorCode, call: S3Call): string {
  if (code === 'STORE_DENIED') {
    const maybeAbsent =
      call.action === 's3:GetObject' ? '; S3 says the same of an absent key when s3:ListBucket is not allowed' : '';
    return `${call.action} is not allowed${maybeAbsent}. `;
  }
  if (code === 'STORE_UNSUPPORTED') return 'the server does not have a feature that this request needs. ';
  return code === 'OBJECT_ARCHIVED' ? 'it lies in an archive storage class; restore it first. ' : '';
}
