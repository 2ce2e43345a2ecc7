import { canonical, isSilent } from './canonical.js';
import { BRANCH_RULES } from './compare-branches.js';
import { compareUnknown, KEYWORD_RULES } from './compare-keywords.js';
import { MEMBER_RULES } from './compare-members.js';
import { REFERENCE_RULES, resolved } from './compare-references.js';
import { UNEVALUATED_RULES } from './compare-unevaluated.js';
import { isSelfContained, spelledText } from './references.js';
import { holdsReferences } from './same-schema.js';
import { nestViews, seenFrom } from './schema-change.js';
import type { SchemaChange, View } from './schema-change.js';
import { rootNode } from './schema-node.js';
import { EMPTY, isMalformed, isSchemaObject } from './schema-object.js';
import type { Schema, SchemaObject } from './schema-object.js';
import type { SchemaWorld } from './schema-world.js';
import type { KeywordChange, Pair, Rule } from './scope.js';

/**
 * Every change between two schemas (JSON Schema 2020-12) that can matter to a document, with what it does. None means
 * that both take the same documents; what is not proven is `unknown`. Never throws.
 */
export function compareSchemas(before: SchemaWorld, after: SchemaWorld): readonly SchemaChange[] {
  const comparison = new Comparison();
  const roots: Pair = [rootNode(before), rootNode(after)];
  const places = [before.findOtherDialect(), after.findOtherDialect()] as const;
  if (places[0] !== undefined || places[1] !== undefined) {
    if (isSameInAnyDialect(roots)) return [];
    comparison.addOtherDialect(places);
    // References of other dialects lead elsewhere, and their keywords have other meanings.
    comparison.compare(roots, 'both', 0);
  } else if (!before.isIdentical(after, (one, two) => canonical(one) === canonical(two)))
    comparison.compare(roots, 'same', 0);
  return withoutRepeats(comparison.changes);
}

function isSameInAnyDialect([{ schema: old }, { schema: now }]: Pair): boolean {
  return spelledText(old) === spelledText(now) && isSelfContained(old);
}

/** A definition that is referred to from several places is reported once. */
function withoutRepeats(changes: readonly SchemaChange[]): readonly SchemaChange[] {
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

const RULES: readonly Rule[] = [
  ...REFERENCE_RULES,
  ...KEYWORD_RULES,
  ...MEMBER_RULES,
  ...BRANCH_RULES,
  ...UNEVALUATED_RULES,
];

const RULED = new Set(RULES.flatMap(({ keywords }) => keywords));

/** Schemas below schemas, and references to references. Each level is some calls deep. */
const MAX_DEPTH = 300;

class Comparison {
  readonly changes: SchemaChange[] = [];
  /** Pairs that were compared: a schema may refer to itself, and to a definition from many places. */
  private readonly seen = new Set<string>();

  compare(pair: Pair, view: View, depth: number): void {
    const resolvedPair: Pair = [resolved(pair[0]), resolved(pair[1])];
    const key = [view, ...resolvedPair.map(({ place }) => place)].join('\n');
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const [old, now] = resolvedPair.map(({ schema }) => asObject(schema)) as [
      SchemaObject | 'nothing',
      SchemaObject | 'nothing',
    ];
    if (old === 'nothing' || now === 'nothing') {
      if (old !== now) this.add(resolvedPair, view, now === 'nothing' ? FORBIDDEN : ALLOWED);
    } else if (depth > MAX_DEPTH) this.add(resolvedPair, view, TOO_DEEP);
    else this.compareObjects(resolvedPair, old, now, view, depth);
  }

  /** `places`: of a schema of another dialect in the old root, and in the new one. */
  addOtherDialect([old, now]: readonly [string | undefined, string | undefined]): void {
    const [pointer, side] = now === undefined ? ([old!, 'old'] as const) : ([now, 'new'] as const);
    const message = `${placeInWords(pointer)}: ${OTHER_DIALECT}.`;
    this.changes.push({ effect: 'unknown', keyword: '$schema', message, pointer, side });
  }

  private compareObjects(pair: Pair, old: SchemaObject, now: SchemaObject, view: View, depth: number): void {
    const add = (...changes: readonly KeywordChange[]) => {
      this.add(pair, view, ...changes);
    };
    const keywords = new Set([...Object.keys(old), ...Object.keys(now)]);
    const malformed = [...keywords].filter(
      (keyword) => isMalformed(keyword, old[keyword]) || isMalformed(keyword, now[keyword]),
    );
    add(...malformed.map(describeMalformed));
    for (const keyword of keywords)
      if (!RULED.has(keyword) && !isSilent(keyword)) add(...compareOther(keyword, old[keyword], now[keyword]));
    const compare = (inner: Pair, nested: View = 'same') => {
      this.compare(inner, nestViews(view, nested), depth + 1);
    };
    for (const rule of RULES)
      if (
        rule.keywords.some((keyword) => keywords.has(keyword)) &&
        !rule.keywords.some((keyword) => malformed.includes(keyword))
      )
        rule.compare({ pair, old, now, compare, add });
  }

  private add([before, after]: Pair, view: View, ...changes: readonly KeywordChange[]): void {
    for (const { keyword, effect, what, isGone } of changes) {
      const [side, { pointer }] = isGone ? (['old', before] as const) : (['new', after] as const);
      const message = `${placeInWords(pointer)}: ${what}.`;
      this.changes.push({ effect: seenFrom(view, effect), keyword, message, pointer, side });
    }
  }
}

/** A keyword of an extension or another draft. Its references may lead to what changed. */
function compareOther(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  const changes = compareUnknown(keyword, old, now);
  if (changes.length > 0 || !holdsReferences(keyword, old)) return changes;
  const what = `\`${keyword}\` has references, and this keyword is not compared`;
  return [{ keyword, effect: 'unknown', what, isGone: false }];
}

function describeMalformed(keyword: string): KeywordChange {
  return {
    keyword,
    effect: 'unknown',
    what: `the value of \`${keyword}\` is not a valid one, and is not compared`,
    isGone: false,
  };
}

const FORBIDDEN: KeywordChange = { keyword: 'not', effect: 'narrower', what: 'may no longer be there', isGone: false };
const ALLOWED: KeywordChange = { keyword: 'not', effect: 'wider', what: 'may be there now', isGone: false };
const TOO_DEEP: KeywordChange = {
  keyword: '$ref',
  effect: 'unknown',
  what: `is more than ${MAX_DEPTH} schemas deep, and is not compared`,
  isGone: false,
};
const OTHER_DIALECT =
  'this schema, or one that it refers to, names another version in `$schema` than JSON Schema 2020-12, and only that is compared';

function asObject(schema: Schema): SchemaObject | 'nothing' {
  if (typeof schema === 'boolean') return schema ? EMPTY : 'nothing';
  const { not } = schema;
  return not === true || (isSchemaObject(not) && Object.keys(not).length === 0) ? 'nothing' : schema;
}

/** `/properties/a/items` → `a[]`. */
function placeInWords(pointer: string): string {
  const place = pointer
    .replace(/\/(?:patternProperties|properties|\$defs)\//g, '.')
    .replace(/\/items(?=\/|\.|$)/g, '[]')
    .replace(/^\./, '');
  return place === '' ? 'The document' : `\`${place}\``;
}
