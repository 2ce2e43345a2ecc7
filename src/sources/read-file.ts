import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { uninitialised } from '../json/index.js';
import { StoreError } from '../errors/index.js';
import { asDiskError, describeSpecialFile, diskError } from './disk.js';

const CHUNK_BYTES = 1 << 20;

/** Node's own bound for a file that is read at once. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** All bytes of a file, in memory that may be given back to `buffers`. Throws what `diskError` makes of a failure. */
export function readWhole(path: string): Promise<Uint8Array> {
  return withFile(path, async (file, size) => {
    if (size > MAX_FILE_BYTES) throw new RangeError(`${size} bytes are too many for one document`);
    // Some file systems report no size, as /proc does: such a file is read until it ends.
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

/** True for bytes that begin as gzip does. No JSON begins so. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** A file bit by bit, every chunk in the memory of the one before. Throws what `diskError` makes of a failure. */
export async function* readChunks(path: string): AsyncIterable<Uint8Array> {
  const chunk = buffers.take(CHUNK_BYTES);
  const { file } = await openFile(path);
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

/** A file that is a pipe, a socket or a device may never end, and without `O_NONBLOCK` `open` waits for a writer. */
async function openFile(path: string): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(asDiskError(path));
  const stats = await file.stat();
  const kind = describeSpecialFile(stats);
  if (kind === undefined) return { file, size: stats.size };
  await file.close();
  throw new StoreError('FILE_INVALID', `${path}: it is ${kind}, and not a file`, { context: { path } });
}

async function withFile<T>(path: string, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const { file, size } = await openFile(path);
  try {
    return await work(file, size);
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

/** Smaller ones are cheap to make and to collect. */
const MIN_BYTES = 16 * 1024;

/** Larger ones are rare, and would stay for ever. */
const MAX_BYTES = 4 * 1024 * 1024;

/** What may lie idle, in bytes. */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;

/**
 * Memory used again and again: a run reads and writes hundreds of kilobytes a document, and fresh memory for each costs
 * more than the copy into it, and lets the process grow until the collector wakes up. Whoever takes a buffer may give
 * it back once it is not read any more; one that is never given back is collected like any other.
 */
export class BufferPool {
  readonly #idle = new Map<number, ArrayBufferLike[]>();
  readonly #lent = new WeakSet<ArrayBufferLike>();
  #idleBytes = 0;

  /** Bytes of any content, to be written over. */
  take(length: number): Uint8Array {
    if (length < MIN_BYTES || length > MAX_BYTES) return uninitialised(length);
    const size = sizeFor(length);
    const memory = this.#reuse(size) ?? uninitialised(size).buffer;
    this.#lent.add(memory);
    return new Uint8Array(memory, 0, length);
  }

  /** Takes back the memory below these bytes, if it is the pool's own; from now on it may be written over. */
  give({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer) || this.#idleBytes + buffer.byteLength > MAX_IDLE_BYTES) return;
    this.#idleBytes += buffer.byteLength;
    const idle = this.#idle.get(buffer.byteLength);
    if (idle) idle.push(buffer);
    else this.#idle.set(buffer.byteLength, [buffer]);
  }

  #reuse(size: number): ArrayBufferLike | undefined {
    const memory = this.#idle.get(size)?.pop();
    if (memory) this.#idleBytes -= size;
    return memory;
  }
}

/** The next power of two: few sizes, so that one document's memory serves the next. */
function sizeFor(length: number): number {
  return 2 ** Math.ceil(Math.log2(length));
}

/** Shared by the documents of a process. */
export const buffers = new BufferPool();
