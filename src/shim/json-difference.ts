import { MAX_WALK_DEPTH } from './json-depth.js';
import { isMembers } from './json-members.js';

/**
 * The place, as a JSON pointer (RFC 6901), of the first difference between two JSON values; `undefined` when they say
 * the same. The order of members says nothing; numbers count as the doubles they are, `-0` and `0` being two.
 */
export function firstDifference(one: unknown, other: unknown): string | undefined {
  return differ(one, other, '', 0);
}

function differ(one: unknown, other: unknown, path: string, depth: number): string | undefined {
  if (Object.is(one, other)) return undefined;
  if (depth > MAX_WALK_DEPTH) return path;
  if (Array.isArray(one) && Array.isArray(other)) return differInItems(one, other, path, depth + 1);
  if (isMembers(one) && isMembers(other)) return differInMembers(one, other, path, depth + 1);
  return path;
}

function differInItems(
  one: readonly unknown[],
  other: readonly unknown[],
  path: string,
  depth: number,
): string | undefined {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const found =
      at < one.length && at < other.length ? differ(one[at], other[at], `${path}/${at}`, depth) : `${path}/${at}`;
    if (found !== undefined) return found;
  }
  return undefined;
}

function differInMembers(
  one: Record<string, unknown>,
  other: Record<string, unknown>,
  path: string,
  depth: number,
): string | undefined {
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const isInBoth = Object.hasOwn(one, name) && Object.hasOwn(other, name);
    const found = isInBoth ? differ(one[name], other[name], place, depth) : place;
    if (found !== undefined) return found;
  }
  return undefined;
}
