import { messageOf } from '../../errors/index.js';
import type { ValidationIssue } from '../../validate/issue.js';

/** For an error of the validator: nothing is known of the document, and the next one is checked. */
export function describeFailure(reason: unknown): ValidationIssue {
  return {
    pointer: '',
    keyword: 'SCHEMA_FAILED',
    message: `The schema could not decide this document: the validator failed with "${messageOf(reason)}".`,
    hint: 'Look for the keyword or `format` that is applied to such a value, and write that rule in another way.',
  };
}
