import { validateLeanBag as satisfiesLeanSchema } from '../../schemas/generated/lean-bag.js';
import type { LeanStateBag } from '../../schemas/generated/lean-bag.js';
import { detectField, isEmpty } from '../bag/bag.js';
import { CONFIG, MAP } from '../bag/members.js';
import { detectPointer } from '../bag/pointers.js';
import type { BagOutline } from '../bag/edit.js';
import { mixedMessage, mixedPointers, pointersInObjects } from '../bag/search.js';
import type { PlacedPointer } from '../bag/search.js';
import { ObjectValue } from '../bag/value.js';
import { SchemaError } from '../errors/index.js';
import { leanBagAdvice } from './advice.js';
import { childPointer } from './issue.js';
import type { ValidationIssue } from './issue.js';
import { issuesOf } from './issues.js';

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

/** What no schema says: data that was merged into pointers, at any depth. */
export function mixedPointerIssues(found: Iterable<PlacedPointer>): ValidationIssue[] {
  return Array.from(found, ({ path, pointer }) => ({
    pointer: path.reduce(childPointer, ''),
    keyword: 'POINTER_MIXED',
    message: capitalised(mixedMessage(pointer, path.at(-1) ?? '')),
    hint: 'Wrap the handler that merges. Read the object at the key, merge by hand, and remove the members of the pointer.',
  }));
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
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
 * The gate before a commit: what was made is what was meant. A lean bag satisfies the schema of the newest version; a
 * bridge bag has legacy-readable pointers, or empty values, under the old names. Throws `SchemaError` `BAG_INVALID`.
 */
export function assertOutline({ path, members, filled }: BagOutline, target: 'lean' | 'bridge'): void {
  if (target === 'lean') {
    assertLeanBag(members);
    return;
  }
  for (const name of [CONFIG, MAP]) {
    const value = new ObjectValue(members[name]);
    const isLeftEmpty = !filled.includes(name) && isEmpty(detectField(value));
    if (!isLeftEmpty && detectPointer(value)?.dialect !== 's3-pointer') {
      throw new SchemaError(
        'BAG_INVALID',
        `"${name}" of the bag at /${path.join('/')} is no pointer after the rewrite`,
      );
    }
  }
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
