import { canonical, display } from './canonical.js';
import { Decimal } from '../json/index.js';
import type { Effect } from './schema-change.js';
import { isSameSchema } from './same-schema.js';
import { childNode } from './schema-node.js';
import { EMPTY } from './schema-object.js';
import type { KeywordChange, Rule, Scope } from './scope.js';

type Compare = (keyword: string, old: unknown, now: unknown) => readonly KeywordChange[];

/** Greater is narrower. */
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];

/** Smaller is narrower. */
const UPPER_BOUNDS = [
  ...['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'],
  'x-max-inline-bytes',
];

/** Bounds that say nothing when they are 0. */
const COUNTS = new Set(['minLength', 'minItems', 'minProperties']);

/** A rule of one keyword that has its meaning without the others. */
const alone = (compare: Compare, ...keywords: readonly string[]): readonly Rule[] =>
  keywords.map((keyword) => ({
    keywords: [keyword],
    compare: ({ old, now, add }) => {
      if (canonical(old[keyword]) !== canonical(now[keyword])) add(...compare(keyword, old[keyword], now[keyword]));
    },
  }));

export const KEYWORD_RULES: readonly Rule[] = [
  ...alone(compareBound, ...LOWER_BOUNDS, ...UPPER_BOUNDS),
  ...alone(compareText, 'pattern', 'format'),
  ...alone(compareTypes, 'type'),
  ...alone(compareMultiples, 'multipleOf'),
  ...alone((keyword, old, now) => compareText(keyword, asked(old), asked(now)), 'uniqueItems'),
  ...alone((keyword, old, now) => compareSet(keyword, list(old), list(now), ['narrower', 'wider']), 'required'),
  { keywords: ['enum', 'const'], compare: compareChoices },
  { keywords: ['dependentRequired'], compare: compareDependents },
  { keywords: ['contentMediaType', 'contentEncoding', 'contentSchema'], compare: compareContent },
];

/** `false` asks for nothing. */
const asked = (value: unknown) => (value === true ? value : undefined);

/** Elements of a list that has no order. `effects`: of one that came, of one that went. */
export function compareSet(
  keyword: string,
  old: readonly unknown[],
  now: readonly unknown[],
  [came, went]: readonly [Effect, Effect],
): readonly KeywordChange[] {
  const [earlier, later] = [new Set(old.map(canonical)), new Set(now.map(canonical))];
  const added = now
    .filter((item) => !earlier.has(canonical(item)))
    .map((item): KeywordChange => ({
      keyword,
      effect: came,
      what: `\`${keyword}\` gained ${display(item)}`,
      isGone: false,
    }));
  const removed = old
    .filter((item) => !later.has(canonical(item)))
    .map((item): KeywordChange => ({
      keyword,
      effect: went,
      what: `\`${keyword}\` lost ${display(item)}`,
      isGone: true,
    }));
  return [...added, ...removed];
}

/** Exact, by the digits of both numbers. */
export function compareBound(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  const [from, to] = [boundOf(keyword, old), boundOf(keyword, now)];
  if (!from || !to) return compareText(keyword, from, to);
  const difference = to.compare(from);
  if (difference === 0) return [];
  const isNarrower = UPPER_BOUNDS.includes(keyword) || keyword === 'maxContains' ? difference < 0 : difference > 0;
  const what = `\`${keyword}\` went from ${display(old)} to ${display(now)}`;
  return [{ keyword, effect: isNarrower ? 'narrower' : 'wider', what, isGone: false }];
}

function boundOf(keyword: string, value: unknown): Decimal | undefined {
  if (!(value instanceof Decimal)) return undefined;
  return COUNTS.has(keyword) && value.compare(Decimal.of(0)) <= 0 ? undefined : value;
}

/** A rule of which two values cannot be compared. */
export function compareText(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (old === undefined && now === undefined) return [];
  if (old === undefined)
    return [{ keyword, effect: 'narrower', what: `\`${keyword}\` ${display(now)} is asked for now`, isGone: false }];
  if (now === undefined)
    return [{ keyword, effect: 'wider', what: `\`${keyword}\` ${display(old)} is no longer asked for`, isGone: true }];
  const what = `\`${keyword}\` went from ${display(old)} to ${display(now)}, and two of them are not compared`;
  return [{ keyword, effect: 'unknown', what, isGone: false }];
}

/** A keyword of which nothing more is known than that it is another one. */
export function compareUnknown(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (canonical(old) === canonical(now)) return [];
  const how = old === undefined ? 'is new' : now === undefined ? 'is gone' : 'changed';
  const what = `\`${keyword}\` ${how}, and this keyword is not compared`;
  return [{ keyword, effect: 'unknown', what, isGone: now === undefined }];
}

/** Validators divide doubles, so only whole numbers are certain: a multiple of 6 is one of 3. */
function compareMultiples(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  const [from, to] = [old, now].map((value) => (value instanceof Decimal ? value.toInteger() : undefined));
  if (!from || !to || (from % to !== 0n && to % from !== 0n)) return compareText(keyword, old, now);
  const what = `\`${keyword}\` went from ${display(old)} to ${display(now)}`;
  return [{ keyword, effect: from % to === 0n ? 'wider' : 'narrower', what, isGone: false }];
}

function compareTypes(keyword: string, old: unknown, now: unknown): readonly KeywordChange[] {
  if (old === undefined || now === undefined) return compareText(keyword, old, now);
  return compareSet(keyword, typesOf(old), typesOf(now), ['wider', 'narrower']);
}

/** Every integer is a number. */
function typesOf(value: unknown): readonly unknown[] {
  const types = list(value);
  return types.includes('number') ? [...new Set([...types, 'integer'])] : types;
}

/** `const` is an `enum` of one, unless both are there. */
function compareChoices({ old, now, add }: Scope): void {
  const [earlier, later] = [choicesIn(old), choicesIn(now)];
  if (earlier.length === 1 && later.length === 1) {
    const keyword = later[0]![0];
    add(...compareSet(keyword, earlier[0]![1], later[0]![1], ['wider', 'narrower']));
    return;
  }
  for (const keyword of ['enum', 'const']) {
    const [was, is] = [earlier, later].map((choices) => choices.find(([name]) => name === keyword)?.[1]);
    if (was && is) add(...compareSet(keyword, was, is, ['wider', 'narrower']));
    else add(...compareText(keyword, was, is));
  }
}

function choicesIn(schema: Scope['old']): readonly (readonly [keyword: string, choices: readonly unknown[]])[] {
  const { enum: choices, const: only } = schema;
  return [
    ...(choices === undefined ? [] : [['enum', list(choices)] as const]),
    ...(only === undefined ? [] : [['const', [only]] as const]),
  ];
}

function compareDependents({ old, now, add }: Scope): void {
  const [earlier, later] = [old, now].map(({ dependentRequired }) => (dependentRequired ?? EMPTY) as Scope['old']);
  for (const name of new Set([...Object.keys(earlier!), ...Object.keys(later!)])) {
    const changes = compareSet('dependentRequired', list(earlier![name]), list(later![name]), ['narrower', 'wider']);
    add(...changes.map((change) => ({ ...change, what: `${change.what} beside ${display(name)}` })));
  }
}

/** Some validators check content, and each of these keywords says how to read the next. */
function compareContent({ pair: [before, after], old, now, add }: Scope): void {
  for (const keyword of ['contentMediaType', 'contentEncoding'])
    add(...compareUnknown(keyword, old[keyword], now[keyword]));
  const [from, to] = [old.contentSchema, now.contentSchema];
  const path = ['contentSchema'];
  if (from === undefined || to === undefined) add(...compareUnknown('contentSchema', from, to));
  else if (!isSameSchema([childNode(before, path, from), childNode(after, path, to)]))
    add({
      keyword: 'contentSchema',
      effect: 'unknown',
      what: '`contentSchema` changed, and this keyword is not compared',
      isGone: false,
    });
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}
