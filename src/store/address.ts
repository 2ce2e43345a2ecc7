import { createHash, hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { PointerError } from '../errors/index.js';
import type { ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';

const SCHEME = 's3://';

/**
 * Reads `s3://bucket/key`. Never through `URL`: legacy keys hold `#`, `?` and `%` as plain characters, which a URL
 * parser cuts off or decodes. Throws `PointerError` `URI_INVALID`.
 */
export function parseS3Uri(text: string): ObjectAddress {
  if (!text.startsWith(SCHEME)) throw uriInvalid(text, 'it does not start with s3://');
  const slash = text.indexOf('/', SCHEME.length);
  const bucket = text.slice(SCHEME.length, slash === -1 ? undefined : slash);
  const key = slash === -1 ? '' : text.slice(slash + 1);
  if (bucket === '') throw uriInvalid(text, 'the bucket is empty');
  if (key === '') throw uriInvalid(text, 'the key is empty');
  if (text.includes('\0')) throw uriInvalid(text, 'it holds NUL');
  return { bucket, key };
}

/** The inverse of `parseS3Uri`: no character is escaped. */
export function formatS3Uri(address: ObjectAddress): string {
  return `${SCHEME}${address.bucket}/${address.key}`;
}

function uriInvalid(text: string, flaw: string): PointerError {
  const shown = JSON.stringify(text.slice(0, 200));
  return new PointerError('URI_INVALID', `${shown} is not an object address: ${flaw}.`, {
    context: { uri: text.slice(0, 200) },
  });
}

/** S3 refuses longer keys; the other drivers follow so that a move to S3 cannot fail on a name. */
const MAX_KEY_BYTES = 1024;

/**
 * Throws `KEY_INVALID` for an address no driver accepts. Segments `.` and `..` are legal on S3 but are folded by
 * some S3 servers and every file system, where they would leave the prefix they seem to lie under.
 */
export function assertAddress(address: ObjectAddress): void {
  const flaw = flawOfBucket(address.bucket) ?? flawOfKey(address.key);
  if (flaw !== undefined) throw keyInvalid(address, flaw);
}

export function keyInvalid(address: ObjectAddress, flaw: string, cause?: unknown): Error {
  return storeErrorOf(
    'KEY_INVALID',
    `Key ${JSON.stringify(address.key.slice(0, 200))} of bucket ${JSON.stringify(address.bucket.slice(0, 200))} cannot be used: ${flaw}.`,
    address,
    cause,
  );
}

function flawOfBucket(bucket: string): string | undefined {
  if (bucket === '' || bucket === '.' || bucket === '..') return 'the bucket has no name';
  return /[/\\\0]/.test(bucket) ? 'the bucket name holds a slash, a backslash or NUL' : undefined;
}

function flawOfKey(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (key.includes('\0')) return 'it holds NUL';
  // A lone surrogate has no UTF-8 form: two such keys would meet in one object.
  if (/\p{Surrogate}/u.test(key)) return 'it is not well-formed Unicode';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  return key.split('/').some((segment) => segment === '.' || segment === '..') ? 'a segment is . or ..' : undefined;
}

/** False for a beginning that no acceptable key has; some servers refuse even to be asked for one. */
export function mayBeginKey(prefix: string): boolean {
  return !/\0|\p{Surrogate}/u.test(prefix) && !/(^|\/)\.\.?\//.test(prefix);
}

/** S3's key order: by UTF-8 bytes, which differs from JavaScript's order of UTF-16 units. */
export function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Lower-case hex SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The digest of `bytes`, compared with what the caller claims when it claims one, so that a wrong claim is
 * `DIGEST_MISMATCH` in every driver, as it is on S3.
 */
export function verifiedSha256(address: ObjectAddress, bytes: Uint8Array, claimed: string | undefined): string {
  const actual = sha256Hex(bytes);
  if (claimed === undefined || claimed === actual) return actual;
  throw storeErrorOf(
    'DIGEST_MISMATCH',
    `The bytes for key ${address.key} hash to ${actual}, not to the given ${claimed}.`,
    address,
  );
}

/**
 * Throws `DIGEST_MISMATCH` when the bytes read do not have every digest claimed for them; hashes only when there is a
 * claim.
 */
export function assertDigest(address: ObjectAddress, bytes: Uint8Array, claims: readonly (string | undefined)[]): void {
  const claimed = claims.filter((claim) => claim !== undefined);
  if (claimed.length === 0) return;
  const actual = sha256Hex(bytes);
  const wrong = claimed.find((claim) => claim !== actual);
  if (wrong === undefined) return;
  throw storeErrorOf(
    'DIGEST_MISMATCH',
    `Key ${address.key} of bucket ${address.bucket} should hold ${wrong} but holds ${actual}.`,
    address,
  );
}

/** Memory for the copies, in bytes: some hundred configs. */
const MAX_BYTES = 32 << 20;

/** Shorter values are hashed faster than looked up. */
const MIN_LENGTH = 4_096;

/** How many values seen once are remembered by their mark. */
const MARKS = 1_024;

interface Known {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/**
 * SHA-256 that remembers: a workflow's config comes by once per paused execution, and comparing 200 KB with a kept copy
 * takes a twentieth of hashing it. A value is copied when it is seen for the second time, so that distinct ones cost
 * nothing; the mark only finds the copy, the bytes decide.
 */
export function knownDigests(maxBytes = MAX_BYTES): (bytes: Uint8Array) => string {
  const known = new LRUCache<string, Known>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ bytes }) => bytes.length,
  });
  const marks = new LRUCache<string, true>({ max: MARKS });
  return (bytes) => {
    if (bytes.length < MIN_LENGTH) return digest(bytes);
    const mark = markOf(bytes);
    const candidate = known.get(mark);
    if (candidate && Buffer.compare(candidate.bytes, bytes) === 0) return candidate.sha256;
    const sha256 = digest(bytes);
    if (marks.has(mark)) known.set(mark, { bytes: Uint8Array.from(bytes), sha256 });
    marks.set(mark, true);
    return sha256;
  };
}

/** Length and 24 bytes from four places. */
function markOf(bytes: Uint8Array): string {
  const { length } = bytes;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const text = (at: number) => whole.toString('latin1', at, at + 6);
  return `${length} ${text(64)}${text(length >> 2)}${text(length >> 1)}${text(length - 16)}`;
}

/** Manifests made lately, by the digest of their map. */
export function knownManifests(maxBytes = MAX_BYTES): LRUCache<string, Uint8Array> {
  return new LRUCache<string, Uint8Array>({ maxSize: Math.max(1, maxBytes), sizeCalculation: ({ length }) => length });
}

function digest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
