import { canonical, isSilent } from './canonical.js';
import { childNode, followReference } from './schema-node.js';
import { holdsSchemas, subschemas } from './schema-object.js';
import { referencesIn } from './references.js';
import type { Pair } from './scope.js';

/** Keywords whose meaning depends on how the schema was reached. */
const DYNAMIC = ['$dynamicRef', '$recursiveRef'];

/** Each may be a call deeper than the one before. */
const MAX_PAIRS = 1_000;

/**
 * True when both have the same keywords with the same values, and so has all that they refer to. False is not certain.
 * `assumed`: pairs that are being looked at, for schemas that refer to themselves.
 */
export function isSameSchema([before, after]: Pair, assumed = new Set<string>()): boolean {
  const key = `${before.place}\n${after.place}`;
  const [old, now] = [before.schema, after.schema];
  if (typeof old === 'boolean' || typeof now === 'boolean') return old === now;
  if (assumed.has(key)) return true;
  if (assumed.size > MAX_PAIRS) return false;
  assumed.add(key);
  const keywords = Object.keys(old).filter((keyword) => !isSilent(keyword));
  const others = Object.keys(now).filter((keyword) => !isSilent(keyword));
  if (keywords.length !== others.length) return false;
  return keywords.every((keyword) => Object.hasOwn(now, keyword) && isSameKeyword([before, after], keyword, assumed));
}

function isSameKeyword([before, after]: Pair, keyword: string, assumed: Set<string>): boolean {
  if (DYNAMIC.includes(keyword)) return false;
  const [old, now] = [before, after].map(({ schema }) => (schema as Record<string, unknown>)[keyword]);
  if (keyword === '$ref') {
    const [target, other] = [followReference(before, String(old)), followReference(after, String(now))];
    return target !== undefined && other !== undefined && isSameSchema([target, other], assumed);
  }
  if (!holdsSchemas(keyword)) return canonical(old) === canonical(now) && !holdsReferences(keyword, old);
  const inner = new Map(subschemas(keyword, now).map((child) => [JSON.stringify(child.path), child]));
  const mine = subschemas(keyword, old);
  return (
    mine.length === inner.size &&
    mine.every(({ path, schema }) => {
      const other = inner.get(JSON.stringify(path));
      return (
        other !== undefined &&
        isSameSchema([childNode(before, path, schema), childNode(after, path, other.schema)], assumed)
      );
    })
  );
}

/** True for a keyword that a validator of another draft may follow references in. */
export function holdsReferences(keyword: string, value: unknown): boolean {
  return keyword !== 'enum' && keyword !== 'const' && referencesIn(value).length > 0;
}
