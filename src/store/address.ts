import { PointerError } from '../errors.js';
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
