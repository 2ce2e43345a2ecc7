import { canonical, isProse } from './canonical.js';
import {
  compareBound,
  compareSet,
  compareText,
  compareUnknown,
  LOWER_BOUNDS,
  UPPER_BOUNDS,
} from './compare-keywords.js';
import type { KeywordChange } from './compare-keywords.js';
import { opposite } from './schema-change.js';
import type { Effect, SchemaChange } from './schema-change.js';
import { childNode, followRef, isSchemaObject, rootNode } from './schema-node.js';
import type { SchemaLibrary, SchemaNode, SchemaObject } from './schema-node.js';

/**
 * Every change between two schemas (JSON Schema 2020-12) that can matter to a document, with what it does. Never
 * throws.
 */
export function compareSchemas(
  before: SchemaObject,
  after: SchemaObject,
  library: SchemaLibrary,
): readonly SchemaChange[] {
  const comparison = new Comparison();
  comparison.compare(rootNode(before, library), rootNode(after, library));
  return withoutRepeats(comparison.changes);
}

/** A definition that is referred to from several places is told once. */
function withoutRepeats(changes: readonly SchemaChange[]): readonly SchemaChange[] {
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

type Pair = readonly [before: SchemaNode, after: SchemaNode];

class Comparison {
  readonly changes: SchemaChange[] = [];
  /** Pairs that were compared: a schema may refer to itself, and to a definition from many places. */
  private readonly seen = new Set<string>();

  compare(before: SchemaNode, after: SchemaNode): void {
    const [old, now] = [resolved(before), resolved(after)];
    const key = [old.pointer, now.pointer, canonical(old.schema), canonical(now.schema)].join('\n');
    if (this.seen.has(key) || old.schema === now.schema) return;
    this.seen.add(key);
    this.compareResolved([old, now]);
  }

  private compareResolved(pair: Pair): void {
    const [old, now] = pair.map(({ schema }) => (isNever(schema) ? 'nothing' : schema === true ? {} : schema)) as [
      SchemaObject | 'nothing',
      SchemaObject | 'nothing',
    ];
    if (old === 'nothing' || now === 'nothing') {
      if (old !== now) this.add(pair, now === 'nothing' ? forbidden() : allowed());
      return;
    }
    for (const keyword of new Set([...Object.keys(old), ...Object.keys(now)]))
      this.compareKeyword(pair, keyword, old, now);
  }

  private compareKeyword(pair: Pair, keyword: string, old: SchemaObject, now: SchemaObject): void {
    if (
      isProse(keyword) ||
      keyword === '$defs' ||
      (canonical(old[keyword]) === canonical(now[keyword]) && !holdsSchemas(keyword))
    )
      return;
    if (isNested(keyword)) this.compareNested(pair, keyword, old[keyword], now[keyword]);
    else if (keyword === 'properties' || keyword === 'patternProperties') this.compareMembers(pair, keyword, old, now);
    else if (keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf')
      this.compareBranches(pair, keyword, old[keyword], now[keyword]);
    else if (keyword === 'not') this.compareNegated(pair, old, now);
    else for (const change of changesOf(keyword, old[keyword], now[keyword])) this.add(pair, change);
  }

  /** A schema that is absent lets everything pass. */
  private compareNested([before, after]: Pair, keyword: string, old: unknown, now: unknown): void {
    this.compare(childNode(before, old ?? true, keyword), childNode(after, now ?? true, keyword));
  }

  private compareMembers([before, after]: Pair, keyword: string, old: SchemaObject, now: SchemaObject): void {
    const [earlier, later] = [membersOf(old[keyword]), membersOf(now[keyword])];
    for (const name of new Set([...Object.keys(earlier), ...Object.keys(later)])) {
      // A member that is not named falls under what is said of all others.
      const [from, to] = [
        earlier[name] ?? old.additionalProperties ?? true,
        later[name] ?? now.additionalProperties ?? true,
      ];
      this.compare(childNode(before, from, keyword, name), childNode(after, to, keyword, name));
    }
  }

  private compareBranches(pair: Pair, keyword: 'allOf' | 'anyOf' | 'oneOf', old: unknown, now: unknown): void {
    const [earlier, later] = [listOf(old), listOf(now)];
    if (earlier.length === later.length) {
      const inner = new Comparison();
      for (const [index, branch] of earlier.entries())
        inner.compare(
          childNode(pair[0], branch, keyword, `${index}`),
          childNode(pair[1], later[index], keyword, `${index}`),
        );
      // A value must be of one branch alone: a branch that takes more leaves less to the others.
      this.changes.push(
        ...inner.changes.map((change) => (keyword === 'oneOf' ? { ...change, effect: 'unclear' as const } : change)),
      );
      return;
    }
    if (old === undefined || now === undefined) this.add(pair, ...compareText(keyword, old, now));
    else this.add(pair, ...compareSet(keyword, earlier, later, EFFECTS_OF_BRANCHES[keyword]));
  }

  private compareNegated([before, after]: Pair, old: SchemaObject, now: SchemaObject): void {
    const inner = new Comparison();
    inner.compare(childNode(before, old.not ?? false, 'not'), childNode(after, now.not ?? false, 'not'));
    for (const change of inner.changes) this.changes.push({ ...change, effect: opposite(change.effect) });
  }

  private add([before, after]: Pair, ...changes: readonly KeywordChange[]): void {
    for (const { keyword, effect, what, isGone } of changes) {
      const [side, { pointer }] = isGone ? (['old', before] as const) : (['new', after] as const);
      this.changes.push({ effect, keyword, message: `${placeInWords(pointer)}: ${what}.`, pointer, side });
    }
  }
}

/** Of a branch that came, of one that went. */
const EFFECTS_OF_BRANCHES: Readonly<Record<'allOf' | 'anyOf' | 'oneOf', readonly [Effect, Effect]>> = {
  allOf: ['narrower', 'wider'],
  anyOf: ['wider', 'narrower'],
  oneOf: ['unclear', 'unclear'],
};

const forbidden = (): KeywordChange => ({
  keyword: 'not',
  effect: 'narrower',
  what: 'may no longer be there',
  isGone: false,
});
const allowed = (): KeywordChange => ({ keyword: 'not', effect: 'wider', what: 'may be there now', isGone: false });

/** Behind a reference, where that leads somewhere and says all there is to say. */
function resolved(node: SchemaNode): SchemaNode {
  const { schema } = node;
  if (typeof schema === 'boolean' || typeof schema.$ref !== 'string') return node;
  const target = followRef(node, schema.$ref);
  const others = Object.keys(schema).filter(
    (keyword) => keyword !== '$ref' && !isProse(keyword) && keyword !== '$defs',
  );
  if (!target || others.length > 0) return node;
  return target.schema === schema ? node : resolved(target);
}

function isNever(schema: SchemaObject | boolean): boolean {
  if (typeof schema === 'boolean') return !schema;
  return isSchemaObject(schema.not) ? Object.keys(schema.not).length === 0 : schema.not === true;
}

const NESTED = new Set([
  'items',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'contains',
]);

const isNested = (keyword: string) => NESTED.has(keyword);

/** Equal text can still mean another thing: references in it may lead elsewhere. */
function holdsSchemas(keyword: string): boolean {
  return isNested(keyword) || ['properties', 'patternProperties', 'allOf', 'anyOf', 'oneOf', 'not'].includes(keyword);
}

function changesOf(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (keyword === 'required') return compareSet(keyword, listOf(old), listOf(now), ['narrower', 'wider']);
  if (keyword === 'type' || keyword === 'enum' || keyword === 'const') return compareChoices(keyword, old, now);
  if (LOWER_BOUNDS.has(keyword) || UPPER_BOUNDS.has(keyword)) return compareBound(keyword, old, now);
  if (keyword === 'pattern' || keyword === 'format' || keyword === 'uniqueItems') return compareText(keyword, old, now);
  return compareUnknown(keyword, old, now);
}

/** A list of choices that is absent leaves the choice free. */
function compareChoices(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (old === undefined || now === undefined) return compareText(keyword, old, now);
  if (keyword === 'const') return compareSet(keyword, [old], [now], ['wider', 'narrower']);
  const read = keyword === 'type' ? typesOf : listOf;
  return compareSet(keyword, read(old), read(now), ['wider', 'narrower']);
}

/** Every integer is a number. */
function typesOf(value: unknown): readonly unknown[] {
  const types = listOf(value);
  return types.includes('number') ? [...new Set([...types, 'integer'])] : types;
}

function membersOf(value: unknown): SchemaObject {
  return isSchemaObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** `/properties/a/items` → `a[]`. */
function placeInWords(pointer: string): string {
  const place = pointer
    .replace(/\/(?:patternProperties|properties|\$defs)\//g, '.')
    .replace(/\/items(?=\/|\.|$)/g, '[]')
    .replace(/^\./, '');
  return place === '' ? 'The document' : `\`${place}\``;
}
