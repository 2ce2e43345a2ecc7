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
  NOT_A_BAG: 'The document is not a state bag and does not contain one.',
  STRAY_BAG: 'A second state bag in the document is not lean.',
  DUPLICATE_MEMBER: 'An object has a member twice that decides which bag or program the document has.',
  SCHEMA_UNKNOWN: 'No schema recognises the document.',
  JSON_SYNTAX: 'The document is not JSON.',
  INVALID_UTF8: 'The document is not UTF-8.',
  EXPECTED_INVALID: 'A document that must fail is valid.',
  POINTER_DANGLING: 'A pointer leads to nothing.',
  POINTER_FOREIGN_OWNER: 'A pointer leads to what belongs to another owner.',
  POINTER_NOT_ALLOWED: 'A pointer leads to a place that is not allowed.',
  DIGEST_MISMATCH: 'The object behind a pointer does not match the digest in its key.',
  CHECKSUM_MISMATCH: 'The object behind a pointer does not match the checksum of the pointer.',
};

/**
 * What `statebag validate` finds; every other rule is named after the keyword of JSON Schema or the error it stands
 * for.
 */
export const VALIDATION_RULES: readonly RuleDescription[] = Object.entries(DESCRIPTIONS).map(([id, description]) => ({
  id,
  description,
}));
