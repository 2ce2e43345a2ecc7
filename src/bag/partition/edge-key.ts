import { BagError } from '../../errors.js';

/** Python's JSON reader gives up near this depth, so no legacy workflow nests deeper. */
const MAX_DEPTH = 1000;

/**
 * A text that two JSON values share exactly when Python would call them equal: the order of keys does not count,
 * `true` equals 1, `false` equals 0, and 1.0 equals 1. Comparing texts in a set keeps the search for equal edges linear.
 *
 * @throws BagError `WORKFLOW_INVALID` when the value nests deeper than 1,000 levels.
 */
export function equalityKey(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new BagError('WORKFLOW_INVALID', `An edge nests deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => equalityKey(item, depth + 1)).join()}]`;
  if (typeof value === 'object' && value !== null) return objectKey(value, depth);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function objectKey(value: object, depth: number): string {
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${equalityKey(member, depth + 1)}`);
  return `{${members.sort().join()}}`;
}
