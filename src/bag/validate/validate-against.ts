import { validators } from '../../../schemas/generated/validators.js';
import type { SchemaName } from '../../../schemas/generated/validators.js';
import { NO_ADVICE } from './advice.js';
import type { Adviser } from './advice.js';
import { fatBagAdvice } from './fat-bag-advice.js';
import { issuesOf } from './issues.js';
import { leanBagAdvice } from './lean-bag-advice.js';
import { manifestAdvice, pointerAdvice } from './part-advice.js';
import type { ValidationIssue } from './validation-issue.js';

export type { SchemaName } from '../../../schemas/generated/validators.js';

/** Every schema of the project, by file name without `.json`, in name order. */
export const schemaNames: readonly SchemaName[] = Object.keys(validators).filter(isSchemaName);

function isSchemaName(name: string): name is SchemaName {
  return Object.hasOwn(validators, name);
}

const ADVISERS: Partial<Readonly<Record<SchemaName, Adviser>>> = {
  'state-bag.v2': leanBagAdvice,
  'state-bag.fat': fatBagAdvice,
  'segment-manifest.v1': manifestAdvice,
  'pointers.v1': pointerAdvice,
};

/** Holds a value against a schema of the project. Empty when all is well. Never throws. */
export function validateAgainst(schemaName: SchemaName, value: unknown): ValidationIssue[] {
  const validator = validators[schemaName];
  return validator(value) ? [] : issuesOf(value, validator.errors ?? [], ADVISERS[schemaName] ?? NO_ADVICE);
}
