import { validateLeanBag as satisfiesLeanSchema } from '../../schemas/generated/lean-bag.js';
import type { LeanStateBag } from '../../schemas/generated/lean-bag.js';
import { mixedPointers, pointersInObjects } from '../bag/search.js';
import { ObjectValue } from '../bag/value.js';
import { SchemaError } from '../errors/index.js';
import { leanBagAdvice } from './advice.js';
import type { ValidationIssue } from './issue.js';
import { issuesOf, mixedPointerIssues } from './issues.js';

export type { LeanStateBag } from '../../schemas/generated/lean-bag.js';

/**
 * Validates a bag, without its envelope, against the lean schema. Returns no issues for a lean bag. Never throws.
 *
 * @example
 *     validateLeanBag({ workflow_config: {} })[0].pointer; // a JSON pointer to the member
 */
export function validateLeanBag(bag: unknown): ValidationIssue[] {
  return [...leanIssues(bag), ...mixedPointerIssues(mixedPointers(pointersInObjects(new ObjectValue(bag))))];
}

/** The issues of the lean schema alone, for a bag without its envelope. */
export function leanIssues(bag: unknown): ValidationIssue[] {
  return satisfiesLeanSchema(bag) ? [] : issuesOf(bag, satisfiesLeanSchema.errors ?? [], leanBagAdvice);
}

/**
 * Throws `SchemaError` `BAG_INVALID` with `issues` in its context if the bag, without its envelope, is not lean.
 *
 * @example
 *     assertLeanBag(bag); // from here on, `bag` is a `LeanStateBag`
 */
export function assertLeanBag(bag: unknown): asserts bag is LeanStateBag {
  const issues = validateLeanBag(bag);
  const [first] = issues;
  if (first === undefined) return;
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new SchemaError('BAG_INVALID', `not a lean state bag: ${first.message}${others}`, {
    context: { stage: 'validate', path: first.pointer, issues },
  });
}

/**
 * @alias validateLeanBag
 * @deprecated Use `validateLeanBag`.
 */
export const validateStateBag: typeof validateLeanBag = validateLeanBag;

/**
 * @alias assertLeanBag
 * @deprecated Use `assertLeanBag`.
 */
export const assertStateBag: typeof assertLeanBag = assertLeanBag;
