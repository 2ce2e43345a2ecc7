import { validateLeanBag } from '../../schemas/generated/lean-bag.js';
import type { LeanStateBag } from '../../schemas/generated/lean-bag.js';
import { mixedInObjects } from '../bag/mixed-pointer.js';
import { SchemaError } from '../errors.js';
import { leanBagAdvice } from './advice.js';
import type { ValidationIssue } from './issue.js';
import { issuesOf, mixedPointerIssues } from './issues.js';

export type { LeanStateBag } from '../../schemas/generated/lean-bag.js';

/** Holds a bag, out of its envelope, against the lean schema. Empty when all is well. Never throws. */
export function validateStateBag(bag: unknown): ValidationIssue[] {
  return [...leanIssues(bag), ...mixedPointerIssues(mixedInObjects(bag))];
}

/** What the lean schema alone says of a bag, out of its envelope. */
export function leanIssues(bag: unknown): ValidationIssue[] {
  return validateLeanBag(bag) ? [] : issuesOf(bag, validateLeanBag.errors ?? [], leanBagAdvice);
}

/** Throws `SchemaError` `BAG_INVALID` with the `issues` in its context unless the bag, out of its envelope, is lean. */
export function assertStateBag(bag: unknown): asserts bag is LeanStateBag {
  const issues = validateStateBag(bag);
  const [first] = issues;
  if (first === undefined) return;
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new SchemaError('BAG_INVALID', `not a lean state bag: ${first.message}${others}`, {
    context: { stage: 'validate', path: first.pointer, issues },
  });
}
