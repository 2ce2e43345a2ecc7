import type { SchemaFault } from '../../../schemas/compiled-validator.js';
import type { Place } from './place.js';
import { inWords, listInWords, typeInWords } from './words.js';

type Sentence = (place: Place, fault: SchemaFault) => string;

/** One sentence per keyword that the schemas use. The place is that of the value, or of the object that lacks a member. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  required: ({ label }, { params }) => `\`${String(params.missingProperty)}\` is missing from ${label}.`,
  additionalProperties: ({ label }) => `${label} is not a member this schema knows.`,
  not: ({ label }) => `${label} must not be here.`,
  type: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be ${typeInWords(params.type)}.`,
  const: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be ${inWords(params.allowedValue)}.`,
  enum: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be ${choices(params.allowedValues)}.`,
  pattern: ({ label, value }, fault) => `${label} is ${inWords(value)}; it must be ${definitionInWords(fault)}.`,
  format: ({ label, value }, fault) => `${label} is ${inWords(value)}; it must be ${definitionInWords(fault)}.`,
  minLength: ({ label }) => `${label} is empty.`,
  minimum: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be at least ${inWords(params.limit)}.`,
  anyOf: ({ label, value }, fault) => `${label} is ${inWords(value)}; it must be ${definitionInWords(fault)}.`,
};

/** What the definitions of the schemas ask for, by their names there. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  s3Path: 'an s3:// URI that names a bucket and a key',
  optionalS3Path: 'an s3:// URI that names a bucket and a key',
  numeric: 'a number, or a string that spells one',
  digest: 'a SHA-256 in 64 lower-case hexadecimal digits',
  base64: 'base64',
  checksum: 'the first 8 hexadecimal digits of an MD5, or all 32',
  instant: 'a date and time such as 2026-01-31T08:00:00Z',
  pieces: 'one of `{text}`, `{deflate}` or `{blob, sha256}`',
};

export function sentenceOf(place: Place, fault: SchemaFault): string {
  const sentence = SENTENCES[fault.keyword] ?? (({ label }: Place) => `${label} breaks the rule \`${fault.keyword}\` of the schema.`);
  const text = sentence(place, fault);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** The definition or property whose rule was broken is the last one named on the way to the rule. */
function definitionInWords({ schemaPath, keyword }: SchemaFault): string {
  const names = schemaPath.split('/').filter((name) => Object.hasOwn(DEFINITIONS, name));
  const name = names[names.length - 1];
  return name === undefined ? `what the rule \`${keyword}\` of the schema asks for` : DEFINITIONS[name]!;
}

function choices(allowed: unknown): string {
  return listInWords(Array.isArray(allowed) ? allowed.map(inWords) : [inWords(allowed)]);
}
