import { BagError } from '../errors/index.js';
import { ExactNumber } from '../json/index.js';
import type { JsonObject } from './types.js';

// The legacy partitioner is a Python program, and its answers follow Python's rules for values of JSON. Where the rules
// of JavaScript differ, the partitioner uses these functions, not `??`, `||`, `===` or a `Map` keyed by values.

/** Python's JSON reader gives up near this depth, so no legacy workflow nests deeper. */
const MAX_DEPTH = 1000;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** `object.get(name, fallback)`: a member that is there counts, also when it is null. */
export function getMember(object: JsonObject, name: string, fallback: unknown = null): unknown {
  const value = object[name];
  return value === undefined ? fallback : value;
}

/** `bool(value)`: null, false, 0 in any spelling, and empty texts, lists and objects are false. */
export function isTruthy(value: unknown): boolean {
  if (value instanceof ExactNumber) return Number(value.text) !== 0;
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** False for lists and objects: Python raises an error when it looks for one in a set or among the keys of a dict. */
export function isHashable(value: unknown): boolean {
  return !Array.isArray(value) && !isJsonObject(value);
}

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

/** Whether `sorted()` takes two ids together: texts among texts, numbers and truth values among themselves. */
export function areComparable(a: unknown, b: unknown): boolean {
  if (a === null || b === null) return false;
  return (typeof a === 'string') === (typeof b === 'string');
}

/** The order of `sorted()` of two comparable ids: texts by code point, as UTF-16 order differs above U+FFFF. */
export function compareIds(a: unknown, b: unknown): number {
  return typeof a === 'string' && typeof b === 'string' ? compareCodePoints(a, b) : toNumber(a) - toNumber(b);
}

/** The value of a number or truth value, however it is spelled. */
export function toNumber(value: unknown): number {
  return Number(value instanceof ExactNumber ? value.text : value);
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
