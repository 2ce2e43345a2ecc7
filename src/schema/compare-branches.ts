import { canonical, canonicalRules } from './canonical.js';
import { compareSet, compareText } from './compare-keywords.js';
import type { Effect, View } from './schema-change.js';
import { childNode } from './schema-node.js';
import type { SchemaNode } from './schema-node.js';
import type { SchemaObject } from './schema-object.js';
import type { Rule, Scope } from './scope.js';

type Keyword = 'allOf' | 'anyOf' | 'oneOf';

const branches = (keyword: Keyword): Rule => ({
  keywords: [keyword],
  compare: (scope) => {
    compareBranches(keyword, scope);
  },
});

export const BRANCH_RULES: readonly Rule[] = [
  branches('allOf'),
  branches('anyOf'),
  branches('oneOf'),
  { keywords: ['not'], compare: compareNegated },
  { keywords: ['if', 'then', 'else'], compare: compareConditions },
];

/** Of a branch that came, of one that went. */
const EFFECTS: Readonly<Record<Keyword, readonly [Effect, Effect]>> = {
  allOf: ['narrower', 'wider'],
  anyOf: ['wider', 'narrower'],
  oneOf: ['unknown', 'unknown'],
};

/** Branches have no order: `matchBranches` says which are one another; those that are left are, if as many are. */
function compareBranches(keyword: Keyword, { pair: [before, after], old, now, compare, add }: Scope): void {
  const [earlier, later] = [branchesOf(old, keyword), branchesOf(now, keyword)];
  if (!earlier || !later) {
    add(...compareText(keyword, earlier, later));
    return;
  }
  const matches = matchBranches(earlier, later);
  const rest = [...later.keys()].filter((index) => !matches.includes(index));
  const isPaired = rest.length === matches.filter((match) => match === undefined).length;
  // A value must be of one branch alone: a branch that takes more leaves less to the others.
  const view: View = keyword === 'oneOf' ? 'both' : 'same';
  for (const [index, match] of matches.entries()) {
    const other = match ?? (isPaired ? rest.shift() : undefined);
    if (other !== undefined)
      compare([branchNode(before, keyword, index, earlier), branchNode(after, keyword, other, later)], view);
  }
  if (isPaired) return;
  const gone = earlier.filter((_, index) => matches[index] === undefined);
  add(
    ...compareSet(
      keyword,
      gone,
      rest.map((index) => later[index]),
      EFFECTS[keyword],
    ),
  );
}

/** The place in `later` of each branch of `earlier`: first by the same text, then by the same rules. */
function matchBranches(earlier: readonly unknown[], later: readonly unknown[]): readonly (number | undefined)[] {
  const matches = earlier.map((): number | undefined => undefined);
  for (const textOf of [canonical, canonicalRules]) {
    const left = new Map<string, number[]>();
    for (const [index, branch] of later.entries()) {
      if (matches.includes(index)) continue;
      const text = textOf(branch);
      left.set(text, [...(left.get(text) ?? []), index]);
    }
    for (const [index, branch] of earlier.entries()) matches[index] ??= left.get(textOf(branch))?.shift();
  }
  return matches;
}

function branchesOf(schema: SchemaObject, keyword: Keyword): readonly unknown[] | undefined {
  return schema[keyword] as readonly unknown[] | undefined;
}

function branchNode(node: SchemaNode, keyword: Keyword, index: number, list: readonly unknown[]): SchemaNode {
  return childNode(node, [keyword, `${index}`], list[index]);
}

function compareNegated({ pair: [before, after], old, now, compare, add }: Scope): void {
  if (old.not === undefined || now.not === undefined) add(...compareText('not', old.not, now.not));
  else compare([childNode(before, ['not'], old.not), childNode(after, ['not'], now.not)], 'reversed');
}

/** Not `if`, or `then`; and `if`, or `else`: two rules, of which the first turns `if` round. */
function compareConditions({ pair: [before, after], old, now, compare, add }: Scope): void {
  const [earlier, later] = [old, now].map((schema) => (schema.if === undefined ? {} : schema)) as [
    SchemaObject,
    SchemaObject,
  ];
  const isInBoth = (keyword: 'then' | 'else') => earlier[keyword] !== undefined && later[keyword] !== undefined;
  const compareAt = (keyword: 'if' | 'then' | 'else', view?: View) => {
    compare([childNode(before, [keyword], old[keyword]), childNode(after, [keyword], now[keyword])], view);
  };
  if (isInBoth('then') || isInBoth('else'))
    compareAt('if', isInBoth('then') ? (isInBoth('else') ? 'both' : 'reversed') : 'same');
  for (const keyword of ['then', 'else'] as const) {
    if (isInBoth(keyword)) compareAt(keyword);
    else add(...compareText(keyword, earlier[keyword], later[keyword]));
  }
}
