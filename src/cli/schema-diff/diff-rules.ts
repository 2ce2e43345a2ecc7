import type { RuleDescription } from '../../findings/checked-document.js';
import type { FindingLevel } from '../../findings/finding.js';
import type { Effect } from '../../schema/schema-change.js';

/** What a change of a schema must keep. */
export const REQUIREMENTS = ['full', 'backward', 'forward'] as const;

export type Requirement = (typeof REQUIREMENTS)[number];

const RULES: Readonly<Record<Effect, string>> = {
  narrower: 'breaks-stored',
  wider: 'breaks-readers',
  unknown: 'unknown',
};

export const DIFF_RULES: readonly RuleDescription[] = [
  { id: RULES.narrower, description: 'Documents that satisfy the old schema may not satisfy the new one.' },
  {
    id: RULES.wider,
    description: 'Documents that satisfy the new schema may not satisfy the old one, by which deployed readers go.',
  },
  {
    id: RULES.unknown,
    description: 'The comparison does not cover this, so the change may break documents or readers.',
  },
  { id: 'not-judged', description: 'A document satisfies neither schema.' },
];

const HINTS: Readonly<Record<Effect, string>> = {
  narrower: 'Stored documents may not satisfy it any more. Give the new form a version of its own, and migrate.',
  wider: 'Deployed readers may refuse what is written by it. Deploy readers first.',
  unknown: 'Try both schemas on real documents with --bags, or make the change without this keyword.',
};

/** By schemas of another dialect, or with numbers beyond 2^53, no document can be judged. */
const HINT_WITHOUT_BAGS =
  'Compare the two schemas by hand, or write both for JSON Schema 2020-12, with numbers that a double keeps.';

/** `canJudge`: both schemas can be tried on documents. */
export function ruleOf(effect: Effect, canJudge = true): { readonly rule: string; readonly hint: string } {
  return { rule: RULES[effect], hint: effect === 'unknown' && !canJudge ? HINT_WITHOUT_BAGS : HINTS[effect] };
}

const KEEPS: Readonly<Record<Requirement, readonly Effect[]>> = {
  full: ['narrower', 'wider', 'unknown'],
  backward: ['narrower', 'unknown'],
  forward: ['wider', 'unknown'],
};

/** An error where it breaks what must hold, else a note. */
export function levelOf(effect: Effect, requirement: Requirement): FindingLevel {
  return KEEPS[requirement].includes(effect) ? 'error' : 'note';
}
