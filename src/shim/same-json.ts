/**
 * True when a live value has the very JSON text that a private copy from `JSON.parse` has: same members in the same
 * order, same numbers and strings. A live value may hold anything; whatever `JSON.stringify` would treat in a way of
 * its own (dates, class instances, functions, holes, `undefined`) is never the same. The comparison goes no deeper than
 * the copy, and `cloneJson` makes none of a value that nests too deep.
 */
export function sameJson(live: unknown, copy: unknown): boolean {
  if (typeof live !== 'object' || live === null || typeof copy !== 'object' || copy === null) return live === copy;
  if (live === copy) return true;
  if (Array.isArray(copy)) return Array.isArray(live) && sameItems(live, copy);
  return isPlain(live) && !Array.isArray(live) && sameMembers(live, copy as Record<string, unknown>);
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function sameItems(live: readonly unknown[], copy: readonly unknown[]): boolean {
  if (live.length !== copy.length) return false;
  for (let at = 0; at < copy.length; at++) {
    if (!sameJson(live[at], copy[at])) return false;
  }
  return true;
}

function sameMembers(live: Record<string, unknown>, copy: Record<string, unknown>): boolean {
  const [names, expected] = [Object.keys(live), Object.keys(copy)];
  if (names.length !== expected.length) return false;
  for (let at = 0; at < expected.length; at++) {
    const name = expected[at]!;
    if (names[at] !== name || !sameJson(live[name], copy[name])) return false;
  }
  return true;
}
