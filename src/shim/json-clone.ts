import { MAX_WALK_DEPTH, tooDeep } from './json-depth.js';

/**
 * A copy of a JSON value that shares nothing mutable with it; about five times as fast as `structuredClone`. Strings
 * are immutable and shared. Throws `BagError` `JSON_TOO_DEEP`.
 */
export function cloneJson<T>(value: T): T {
  return clone(value, 0) as T;
}

function clone(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_WALK_DEPTH) throw tooDeep();
  return Array.isArray(value) ? value.map((item) => clone(item, depth + 1)) : cloneMembers(value, depth);
}

function cloneMembers(members: object, depth: number): object {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    // Assignment to this one name would set the prototype instead of a member.
    if (name === '__proto__')
      Object.defineProperty(copy, name, {
        value: clone(value, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else copy[name] = clone(value, depth + 1);
  }
  return copy;
}
