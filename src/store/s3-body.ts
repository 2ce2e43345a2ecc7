import { messageOf, StateBagError } from '../errors/index.js';
import type { ObjectAddress } from './object-store.js';
import { objectTooLarge, storeErrorOf } from './store-errors.js';

/**
 * All bytes of a response body, read into one buffer. A body that ends before `length` bytes, cleanly or with a
 * broken connection, is `BODY_TRUNCATED`: the SDK retries requests, but never a body it has begun to hand out.
 */
export async function readBody(
  address: ObjectAddress,
  body: AsyncIterable<Uint8Array> & { destroy?(): unknown },
  length: number | undefined,
  maxBytes = Infinity,
): Promise<Uint8Array> {
  if (length !== undefined && length > maxBytes) {
    body.destroy?.();
    throw objectTooLarge(address, maxBytes, length);
  }
  const chunks: Uint8Array[] = [];
  let read = 0;
  try {
    // Leaving the loop destroys the stream, so that the rest of the body is not fetched.
    for await (const chunk of body) {
      chunks.push(chunk);
      read += chunk.length;
      if (read > maxBytes) throw objectTooLarge(address, maxBytes);
    }
  } catch (error) {
    if (error instanceof StateBagError) throw error;
    throw isTimeout(error) ? error : truncated(address, read, length, error);
  }
  if (length !== undefined && read !== length) throw truncated(address, read, length);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, read);
}

function isTimeout(error: unknown): error is Error {
  return error instanceof Error && error.name === 'TimeoutError' && !('code' in error);
}

function truncated(address: ObjectAddress, read: number, length: number | undefined, cause?: unknown): Error {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  const message = `The body of key ${address.key} of bucket ${address.bucket} ended after ${read} of ${length ?? 'unknown'} bytes${reason}.`;
  return storeErrorOf('BODY_TRUNCATED', message, address, cause);
}
