import { MAX_WALK_DEPTH } from './json-depth.js';

/**
 * True when a live value has the very JSON text that a private copy from `JSON.parse` has: same members in the same
 * order, same numbers and strings. A live value may hold anything; whatever `JSON.stringify` would treat in a way of
 * its own (dates, class instances, functions, holes, `undefined`) is never the same, and neither is what nests too
 * deep.
 */
export function sameJson(live: unknown, copy: unknown): boolean {
  return same(live, copy, 0);
}

function same(live: unknown, copy: unknown, depth: number): boolean {
  if (typeof live !== 'object' || live === null || typeof copy !== 'object' || copy === null) return live === copy;
  if (live === copy) return true;
  if (depth > MAX_WALK_DEPTH) return false;
  if (Array.isArray(copy)) return Array.isArray(live) && sameItems(live, copy, depth + 1);
  return isPlain(live) && !Array.isArray(live) && sameMembers(live, copy as Record<string, unknown>, depth + 1);
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function sameItems(live: readonly unknown[], copy: readonly unknown[], depth: number): boolean {
  if (live.length !== copy.length) return false;
  for (let at = 0; at < copy.length; at++) {
    if (!same(live[at], copy[at], depth)) return false;
  }
  return true;
}

function sameMembers(live: Record<string, unknown>, copy: Record<string, unknown>, depth: number): boolean {
  const [names, expected] = [Object.keys(live), Object.keys(copy)];
  if (names.length !== expected.length) return false;
  for (let at = 0; at < expected.length; at++) {
    const name = expected[at]!;
    if (names[at] !== name || !same(live[name], copy[name], depth)) return false;
  }
  return true;
}
