import { BagError } from '../errors.js';
import { ExactNumber } from '../json/index.js';
import type { NodeId } from './types.js';

/** Python's JSON reader gives up near this depth, so no legacy workflow nests deeper. */
const MAX_DEPTH = 1000;

/**
 * A text that two JSON values share exactly when Python would call them equal: the order of keys does not count,
 * `true` equals 1, `false` equals 0, and 1.0 equals 1, also as an `ExactNumber`. Comparing texts in a set keeps the
 * search for equal edges linear.
 *
 * @throws BagError `WORKFLOW_INVALID` when the value nests deeper than 1,000 levels.
 */
export function equalityKey(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new BagError('WORKFLOW_INVALID', `An edge nests deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => equalityKey(item, depth + 1)).join()}]`;
  if (typeof value === 'boolean' || typeof value === 'number') return numberKey(Number(value));
  if (value instanceof ExactNumber) return exactKey(value.text);
  return typeof value === 'object' && value !== null ? objectKey(value, depth) : JSON.stringify(value);
}

/** Whole numbers are written out in full, so that 1e16 and 10000000000000000 share a text. */
function numberKey(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

/** Python reads digits alone as an integer of any size, and everything else as a double. */
function exactKey(text: string): string {
  return /^-?\d+$/.test(text) ? BigInt(text).toString() : numberKey(Number(text));
}

function objectKey(value: object, depth: number): string {
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${equalityKey(member, depth + 1)}`,
  );
  return `{${members.sort().join()}}`;
}

/**
 * Strings by code point, as Python compares them (UTF-16 order differs above U+FFFF); numbers by size, before strings.
 */
export function compareIds(a: NodeId, b: NodeId): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  return typeof b === 'number' ? 1 : compareCodePoints(a, b);
}

function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length) {
    const [left, right] = [a.codePointAt(i)!, b.codePointAt(i)!];
    if (left !== right) return left - right;
    i += left > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}
