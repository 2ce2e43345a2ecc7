import { canonical } from './canonical.js';
import { compareText } from './compare-keywords.js';
import { isSameSchema } from './same-schema.js';
import { childNode, followReference } from './schema-node.js';
import type { SchemaNode } from './schema-node.js';
import { isSchemaObject } from './schema-object.js';
import type { SchemaObject } from './schema-object.js';
import type { Rule, Scope } from './scope.js';

type Keyword = 'unevaluatedProperties' | 'unevaluatedItems';

const unevaluated = (keyword: Keyword): Rule => ({
  keywords: [keyword],
  compare: (scope) => {
    compareUnevaluated(keyword, scope);
  },
});

export const UNEVALUATED_RULES: readonly Rule[] = [
  unevaluated('unevaluatedProperties'),
  unevaluated('unevaluatedItems'),
];

/**
 * What is evaluated depends on every keyword beside it. It is compared when the same is evaluated of any document, or
 * when nothing beside it changed.
 */
function compareUnevaluated(keyword: Keyword, { pair, old, now, compare, add }: Scope): void {
  const [was, is] = [constraint(old[keyword]), constraint(now[keyword])];
  if (was === undefined || is === undefined) {
    add(...compareText(keyword, was, is));
    return;
  }
  const [evaluated, evaluatedNow] = pair.map((node) => evaluatedBy(keyword, node));
  if (evaluated && evaluatedNow && describe(evaluated) === describe(evaluatedNow)) {
    compare([childNode(pair[0], [keyword], was), childNode(pair[1], [keyword], is)]);
    return;
  }
  if (isSameSchema(pair)) return;
  const what = `\`${keyword}\` is beside a change of what it covers, and that is not compared`;
  add({ keyword, effect: 'unknown', what, isGone: false });
}

function constraint(value: unknown): unknown {
  return value === true || (isSchemaObject(value) && Object.keys(value).length === 0) ? undefined : value;
}

/** Names, patterns and numbers of places, or the one word for all of them. */
type Evaluated = Set<string>;

const ALL = 'all';

function describe(evaluated: Evaluated): string {
  return evaluated.has(ALL) ? ALL : canonical([...evaluated].sort());
}

/** Their result decides what is evaluated. */
const CONDITIONS = ['anyOf', 'oneOf', 'if', 'dependentSchemas', 'dependencies', '$dynamicRef', '$recursiveRef'];

/** What a schema evaluates of every document that it takes; `undefined` when that depends on the document. */
function evaluatedBy(keyword: Keyword, node: SchemaNode, seen = new Set<string>()): Evaluated | undefined {
  const { schema } = node;
  if (typeof schema === 'boolean' || seen.has(node.place)) return new Set();
  const conditions = keyword === 'unevaluatedItems' ? [...CONDITIONS, 'contains'] : CONDITIONS;
  if (conditions.some((name) => schema[name] !== undefined)) return undefined;
  const isFirst = seen.size === 0;
  seen.add(node.place);
  const evaluated = keyword === 'unevaluatedItems' ? placesIn(schema) : namesIn(schema);
  if (!isFirst && schema[keyword] !== undefined) evaluated.add(ALL);
  for (const inner of inPlace(node)) {
    const more = inner && evaluatedBy(keyword, inner, seen);
    if (!more) return undefined;
    for (const one of more) evaluated.add(one);
  }
  return evaluated;
}

/** Schemas that judge the same value; `undefined` for one that is not at hand. */
function inPlace(node: SchemaNode): readonly (SchemaNode | undefined)[] {
  const { allOf, $ref } = node.schema as SchemaObject;
  const parts = (Array.isArray(allOf) ? allOf : []).map((part, index) => childNode(node, ['allOf', `${index}`], part));
  return typeof $ref === 'string' ? [...parts, followReference(node, $ref)] : parts;
}

function namesIn({ properties, patternProperties, additionalProperties }: SchemaObject): Evaluated {
  const names = Object.keys((properties ?? {}) as SchemaObject).map((name) => `name ${name}`);
  const patterns = Object.keys((patternProperties ?? {}) as SchemaObject).map((pattern) => `pattern ${pattern}`);
  return new Set([...names, ...patterns, ...(additionalProperties === undefined ? [] : [ALL])]);
}

/** The longest list counts, so each place is named. */
function placesIn({ prefixItems, items }: SchemaObject): Evaluated {
  const places = (Array.isArray(prefixItems) ? prefixItems : []).map((_, index) => `${index}`);
  return new Set([...places, ...(items === undefined ? [] : [ALL])]);
}
