import { uninitialised } from '../json/index.js';

/** Smaller ones are cheap to make and to collect. */
const MIN_BYTES = 16 * 1024;

/** Larger ones are rare, and would stay for ever. */
const MAX_BYTES = 4 * 1024 * 1024;

/** What may lie idle, in bytes. */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;

/**
 * Memory used again and again: a run reads and writes hundreds of kilobytes a document, and fresh memory for each costs
 * more than the copy into it, and lets the process grow until the collector wakes up. Whoever takes a buffer may give
 * it back once nobody reads it any more; one that is never given back is collected like any other.
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
