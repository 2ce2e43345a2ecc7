import type { RuleDescription } from '../../findings/checked-document.js';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  not: 'A member that may not be there: an inline program, or a leftover of the initialiser.',
  required: 'A member is missing.',
  type: 'A value is of another JSON type.',
  const: 'A value is another one than the only one allowed.',
  enum: 'A value is none of those allowed.',
  pattern: 'A text has not the form asked for.',
  format: 'A text has not the format asked for.',
  anyOf: 'A value is none of the shapes allowed.',
  additionalProperties: 'A member that the schema does not know.',
  maxBytes: 'The serialized document is larger than it may be.',
  headroom: 'The serialized document leaves little room for the next step.',
  'x-max-inline-bytes': 'A member is larger than should stay in a bag.',
};

/** What `statebag validate` finds, by the keyword of JSON Schema. Its other rules are codes. */
export const VALIDATION_RULES: readonly RuleDescription[] = Object.entries(DESCRIPTIONS).map(([id, description]) => ({
  id,
  description,
}));
