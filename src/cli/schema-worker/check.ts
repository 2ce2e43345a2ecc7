import { interpret } from '@hyperjump/json-schema/experimental';
import type { CompiledSchema } from '@hyperjump/json-schema/experimental';
import { readDocument } from '../../bag/value.js';
import { NO_ADVICE } from '../../validate/issue.js';
import type { ValidationIssue } from '../../validate/issue.js';
import { describeFaults } from '../../validate/issues.js';
import { describeFailure } from './failure.js';
import { BROKEN_RULES, listFaults } from './faults.js';
import type { BrokenRule } from './faults.js';
import { createSubject } from './instance.js';

/** What is wrong with a document, none when it satisfies the schema. The reasons are looked for when there are any. */
export function checkDocument(schema: CompiledSchema, bytes: Uint8Array): readonly ValidationIssue[] {
  try {
    const { node, value } = createSubject(readDocument(bytes));
    if (interpret(schema, node).valid) return [];
    const { errors } = interpret(schema, node, BROKEN_RULES as 'DETAILED') as unknown as { errors: BrokenRule[] };
    return describeFaults(value, listFaults(errors), NO_ADVICE);
  } catch (error) {
    // Also what a regular expression throws that runs out of its stack.
    if (error instanceof RangeError && error.message.includes('call stack')) return [TOO_DEEP];
    return [describeFailure(error)];
  }
}

const TOO_DEEP: ValidationIssue = {
  pointer: '',
  keyword: 'SCHEMA_LIMIT',
  message: 'The schema could not decide this document: the check nests too deeply.',
  hint: 'Look for a rule that applies itself to the same value, or for a document that nests thousands of levels deep.',
};
