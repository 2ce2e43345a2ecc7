import { compareBound, compareText } from './compare-keywords.js';
import { Decimal } from '../json/index.js';
import type { View } from './schema-change.js';
import { childNode } from './schema-node.js';
import type { SchemaNode } from './schema-node.js';
import { EMPTY, isSchemaObject } from './schema-object.js';
import type { SchemaObject } from './schema-object.js';
import type { Rule, Scope } from './scope.js';

export const MEMBER_RULES: readonly Rule[] = [
  { keywords: ['properties', 'patternProperties', 'additionalProperties'], compare: compareMembers },
  {
    keywords: ['propertyNames'],
    compare: ({ compare, pair }) => {
      compare(children(pair, ['propertyNames']));
    },
  },
  { keywords: ['dependentSchemas'], compare: compareDependentSchemas },
  { keywords: ['prefixItems', 'items'], compare: compareItems },
  { keywords: ['contains', 'minContains', 'maxContains'], compare: compareContains },
];

/** The schema below the same keyword of both; one that is absent lets everything pass. */
function children([before, after]: Scope['pair'], path: readonly string[]): Scope['pair'] {
  return [childNode(before, path, valueAt(before, path)), childNode(after, path, valueAt(after, path))];
}

function valueAt({ schema }: SchemaNode, path: readonly string[]): unknown {
  let value: unknown = schema;
  for (const name of path)
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as SchemaObject)[name]
        : undefined;
  return value;
}

function membersOf(value: unknown): SchemaObject {
  return isSchemaObject(value) ? value : EMPTY;
}

function namesIn(keyword: string, { old, now }: Scope): ReadonlySet<string> {
  return new Set([...Object.keys(membersOf(old[keyword])), ...Object.keys(membersOf(now[keyword]))]);
}

/**
 * A member falls under its own schema and those of the patterns that its name matches, and under the one of all others
 * when it has none of these. Names are not held against patterns, so what a pattern takes over is not known.
 */
function compareMembers(scope: Scope): void {
  const { pair, old, now, compare, add } = scope;
  const isFree = [old, now].every(({ additionalProperties }) => isTrivial(additionalProperties));
  const [names, patterns] = [namesIn('properties', scope), namesIn('patternProperties', scope)];
  const isIn = (schema: SchemaObject, keyword: string) => (name: string) =>
    Object.hasOwn(membersOf(schema[keyword]), name);
  const isMoved = (keyword: string, all: ReadonlySet<string>) =>
    [...all].some((name) => !isIn(old, keyword)(name) || !isIn(now, keyword)(name));
  const arePatternsMoved = isMoved('patternProperties', patterns);
  if (!isFree && (arePatternsMoved || (patterns.size > 0 && isMoved('properties', names)))) {
    const what =
      'which members fall under `additionalProperties` beside `patternProperties` changed, and is not compared';
    add({ keyword: 'additionalProperties', effect: 'unknown', what, isGone: false });
  }
  for (const name of names) compare([memberNode(pair[0], name), memberNode(pair[1], name)]);
  for (const name of patterns) compare(children(pair, ['patternProperties', name]));
  compare(children(pair, ['additionalProperties']));
}

function isTrivial(schema: unknown): boolean {
  return schema === undefined || schema === true || (isSchemaObject(schema) && Object.keys(schema).length === 0);
}

/** A member that is not named falls under what is said of all others. */
function memberNode(node: SchemaNode, name: string): SchemaNode {
  const path = ['properties', name];
  const own = valueAt(node, path);
  if (own !== undefined) return childNode(node, path, own);
  return childNode(node, ['additionalProperties'], valueAt(node, ['additionalProperties']), true, path);
}

function compareDependentSchemas(scope: Scope): void {
  for (const name of namesIn('dependentSchemas', scope))
    scope.compare(children(scope.pair, ['dependentSchemas', name]));
}

/** An element falls under the schema of its place, or under the one of all others. */
function compareItems({ pair, old, now, compare }: Scope): void {
  const most = Math.max(...[old, now].map(({ prefixItems }) => (Array.isArray(prefixItems) ? prefixItems.length : 0)));
  for (let index = 0; index < most; index++) compare([itemNode(pair[0], index), itemNode(pair[1], index)]);
  compare(children(pair, ['items']));
}

function itemNode(node: SchemaNode, index: number): SchemaNode {
  const path = ['prefixItems', `${index}`];
  const own = valueAt(node, path);
  return own === undefined
    ? childNode(node, ['items'], valueAt(node, ['items']), true, path)
    : childNode(node, path, own);
}

const ONE = Decimal.of(1);
const ZERO = Decimal.of(0);

/** At least so many elements are of `contains`, at most so many: two rules, of which one turns it round. */
function compareContains({ pair, old, now, compare, add }: Scope): void {
  const [least, leastNow] = [leastOf(old), leastOf(now)];
  const [most, mostNow] = [mostOf(old), mostOf(now)];
  const isCounted = least && leastNow;
  const isLimited = most && mostNow;
  if (isCounted || isLimited) {
    const view: View = isCounted ? (isLimited ? 'both' : 'same') : 'reversed';
    compare(children(pair, ['contains']), view);
  }
  const isNamed = old.contains !== undefined && now.contains !== undefined;
  const shown = ({ contains }: SchemaObject, bound: Decimal | undefined) => bound && (isNamed ? bound : contains);
  if (isCounted) add(...compareBound('minContains', least, leastNow));
  else add(...compareText(isNamed ? 'minContains' : 'contains', shown(old, least), shown(now, leastNow)));
  if (isLimited) add(...compareBound('maxContains', most, mostNow));
  else add(...compareText('maxContains', most, mostNow));
}

/** Without `minContains` one element is asked for. */
function leastOf({ contains, minContains }: SchemaObject): Decimal | undefined {
  if (contains === undefined) return undefined;
  const least = minContains instanceof Decimal ? minContains : ONE;
  return least.compare(ZERO) <= 0 ? undefined : least;
}

function mostOf({ contains, maxContains }: SchemaObject): Decimal | undefined {
  return contains !== undefined && maxContains instanceof Decimal ? maxContains : undefined;
}
