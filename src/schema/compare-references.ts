import { canonical } from './canonical.js';
import { compareText } from './compare-keywords.js';
import { followReference } from './schema-node.js';
import type { SchemaNode } from './schema-node.js';
import { isSilent } from './canonical.js';
import type { Rule, Scope } from './scope.js';

export const REFERENCE_RULES: readonly Rule[] = [
  { keywords: ['$ref'], compare: compareReferences },
  {
    keywords: ['$dynamicRef'],
    compare: (scope) => {
      compareDynamic('$dynamicRef', scope);
    },
  },
  {
    keywords: ['$recursiveRef'],
    compare: (scope) => {
      compareDynamic('$recursiveRef', scope);
    },
  },
];

/** The schema that says all there is to say: a reference without other keywords is what it leads to. */
export function resolved(node: SchemaNode): SchemaNode {
  const seen = new Set<string>();
  let current = node;
  while (typeof current.schema === 'object' && typeof current.schema.$ref === 'string') {
    const { schema } = current;
    const isAlone = Object.keys(schema).every((keyword) => keyword === '$ref' || isSilent(keyword));
    const target = isAlone ? followReference(current, schema.$ref as string) : undefined;
    if (!target || seen.has(target.place)) return current;
    seen.add(target.place);
    current = target;
  }
  return current;
}

/** Equal addresses say nothing: what is at them is compared. */
function compareReferences({ pair, old, now, compare, add }: Scope): void {
  if (old.$ref === undefined || now.$ref === undefined) {
    add(...compareText('$ref', old.$ref, now.$ref));
    return;
  }
  const targets = pair.map((node) => {
    const { $ref } = node.schema as Scope['old'];
    return followReference(node, $ref as string);
  });
  const [before, after] = targets;
  if (before && after) {
    compare([before, after]);
    return;
  }
  const [side, reference] = before ? ['new', now.$ref] : ['old', old.$ref];
  const what = `the \`$ref\` ${canonical(reference)} of the ${side} schema leads to a schema that cannot be found, and is not compared`;
  add({ keyword: '$ref', effect: 'unknown', what, isGone: side === 'old' });
}

/** Its target depends on the references that led here. */
function compareDynamic(keyword: string, { old, now, add }: Scope): void {
  if (old[keyword] === undefined || now[keyword] === undefined) {
    add(...compareText(keyword, old[keyword], now[keyword]));
    return;
  }
  const what = `\`${keyword}\` is there, and what it leads to is not compared`;
  add({ keyword, effect: 'unknown', what, isGone: false });
}
