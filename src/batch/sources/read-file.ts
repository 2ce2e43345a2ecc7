import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { buffers } from '../buffer-pool.js';
import { asDiskError, diskError } from '../disk-errors.js';

const CHUNK_BYTES = 1 << 20;

/** Node's own bound for a file that is read at once. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** All bytes of a file, in memory that may be given back to `buffers`. Throws what `diskError` makes of a failure. */
export function readWhole(path: string): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw new RangeError(`${size} bytes are too many for one document`);
    // What has no size may be a pipe: it is read until it ends.
    let bytes = buffers.take(size || CHUNK_BYTES);
    let length = 0;
    while (length < size || size === 0) {
      const read = await fill(file, bytes.subarray(length));
      if (read === 0) break;
      length += read;
      if (length === bytes.length && length !== size) bytes = grown(bytes);
    }
    return bytes.subarray(0, length);
  });
}

/** A file bit by bit, every chunk in the memory of the one before. Throws what `diskError` makes of a failure. */
export async function* readChunks(path: string): AsyncIterable<Uint8Array> {
  const chunk = buffers.take(CHUNK_BYTES);
  const file = await open(path).catch(asDiskError(path));
  try {
    for (let bytes = await fill(file, chunk); bytes > 0; bytes = await fill(file, chunk))
      yield chunk.subarray(0, bytes);
  } catch (error) {
    throw diskError(path, error);
  } finally {
    await file.close();
    buffers.give(chunk);
  }
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path).catch(asDiskError(path));
  try {
    return await work(file);
  } catch (error) {
    throw diskError(path, error);
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, into: Uint8Array): Promise<number> {
  return (await file.read(into, 0, into.length)).bytesRead;
}

function grown(bytes: Uint8Array): Uint8Array {
  const larger = buffers.take(bytes.length * 2);
  larger.set(bytes);
  buffers.give(bytes);
  return larger;
}
