import { PointerError } from '../errors.js';
import type { ObjectAddress } from './object-store.js';

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
