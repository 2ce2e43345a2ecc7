/* Splices over bytes: applies, inverts and compares them. */

import { InternalError } from '../errors.js';
import { uninitialised } from './bytes.js';

/** Put `insert` in the place of bytes `[start, end)`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly insert: Uint8Array;
}

/**
 * The bytes with all splices done, as a new array. Splices are in order and do not overlap; two may touch.
 * Throws `InternalError` `SPLICE_ORDER` otherwise, or when one reaches outside `bytes`. `allocate` gives the memory for
 * the result: as many bytes as it is asked for, of any content.
 */
export function applySplices(bytes: Uint8Array, splices: readonly Splice[], allocate = uninitialised): Uint8Array {
  requireOrder(splices, bytes.length);
  const result = allocate(bytes.length + sumGrowth(splices));
  let read = 0;
  let written = 0;
  for (const { start, end, insert } of splices) {
    result.set(bytes.subarray(read, start), written);
    written += start - read;
    result.set(insert, written);
    written += insert.length;
    read = end;
  }
  result.set(bytes.subarray(read), written);
  return result;
}

/**
 * The splices over the result that give back `bytes`: `applySplices(applySplices(b, s), invertSplices(b, s))`
 * equals `b`. Their `insert`s are views into `bytes`, not copies. Throws like `applySplices`.
 */
export function invertSplices(bytes: Uint8Array, splices: readonly Splice[]): Splice[] {
  requireOrder(splices, bytes.length);
  let shift = 0;
  return splices.map(({ start, end, insert }) => {
    const from = start + shift;
    shift += insert.length - (end - start);
    return { start: from, end: from + insert.length, insert: bytes.subarray(start, end) };
  });
}

/**
 * True when the splices done to `bytes` give exactly `expected`; nothing is built to find out. Throws like
 * `applySplices`.
 */
export function givesBack(bytes: Uint8Array, splices: readonly Splice[], expected: Uint8Array): boolean {
  requireOrder(splices, bytes.length);
  let read = 0;
  let at = 0;
  const matches = (part: Uint8Array) => {
    at += part.length;
    return containsAt(expected, at - part.length, part);
  };
  for (const { start, end, insert } of splices) {
    if (!matches(bytes.subarray(read, start)) || !matches(insert)) return false;
    read = end;
  }
  return matches(bytes.subarray(read)) && at === expected.length;
}

/** True when the part stands there. One that is a view of that very place, as in an inverse, is not read at all. */
function containsAt(whole: Uint8Array, at: number, part: Uint8Array): boolean {
  const isSamePlace =
    part.buffer === whole.buffer && part.byteOffset === whole.byteOffset + at && at + part.length <= whole.length;
  return isSamePlace || Buffer.compare(part, whole.subarray(at, at + part.length)) === 0;
}

/** Throws `InternalError` `SPLICE_ORDER` unless the splices are in order, apart, and within `length` bytes. */
export function requireOrder(splices: readonly Splice[], length: number): void {
  let reached = 0;
  for (const { start, end } of splices) {
    if (!(reached <= start && start <= end && end <= length)) {
      const message = `splice [${start}, ${end}) follows ${reached} in a document of ${length} bytes`;
      throw new InternalError('SPLICE_ORDER', message, { context: { start, end, reached, length } });
    }
    reached = end;
  }
}

function sumGrowth(splices: readonly Splice[]): number {
  return splices.reduce((sum, { start, end, insert }) => sum + insert.length - (end - start), 0);
}
