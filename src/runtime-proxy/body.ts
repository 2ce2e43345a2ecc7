import type { Readable } from 'node:stream';

/** Bytes that are read at most before a body is passed on as it comes: Lambda's own limit is 6 MB. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** A body as far as it was read; `isWhole` says whether that is all of it. */
export interface ReadBody {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/**
 * Reads a body into memory, up to the limit; what lies beyond stays in the stream. Rejects when the stream breaks off.
 */
export function readBody(stream: Readable, limit = MAX_BODY_BYTES): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (isWhole: boolean) => {
      stream.off('data', take).off('end', end).off('error', reject).off('close', broken);
      resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), isWhole });
    };
    const end = () => {
      settle(true);
    };
    const broken = () => {
      reject(new Error('the connection ended before the body did'));
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= limit) return;
      stream.pause();
      settle(false);
    };
    stream.on('data', take).once('end', end).once('error', reject).once('close', broken);
  });
}
