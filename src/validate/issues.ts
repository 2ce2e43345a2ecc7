import type { SchemaFault } from '../../schemas/compiled-validator.js';
import { childPointer, inWords, listInWords, resolvePlace, typeInWords } from './issue.js';
import type { Adviser, Place, ValidationIssue } from './issue.js';

type Sentence = (place: Place, fault: SchemaFault) => string;

/**
 * One sentence per keyword of JSON Schema that can be at fault. The place is that of the value, or of the object that
 * lacks a member.
 */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  required: ({ label }, { params }) => `\`${String(params.missingProperty)}\` is missing from ${label}.`,
  additionalProperties: ({ label }) => `${label} is not a member this schema knows.`,
  not: ({ label }) => `${label} must not be here.`,
  type: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be ${typeInWords(params.type)}.`,
  const: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be ${inWords(params.allowedValue)}.`,
  enum: ({ label, value }, { params }) => `${label} is ${inWords(value)}; it must be ${choices(params.allowedValues)}.`,
  pattern: ({ label, value }, fault) =>
    `${label} is ${inWords(value)}; it must be ${definitionInWords(fault, 'pattern', 'text that matches')}.`,
  format: ({ label, value }, fault) =>
    `${label} is ${inWords(value)}; it must be ${definitionInWords(fault, 'format', 'of the format')}.`,
  minLength: ({ label, value }, { params }) =>
    value === '' ? `${label} is empty.` : `${label} is shorter than ${String(params.limit)} characters.`,
  minimum: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must be at least ${inWords(params.limit)}.`,
  anyOf: ({ label, value }, fault) => `${label} is ${inWords(value)}; it must be ${definitionInWords(fault)}.`,
  maxLength: ({ label }, { params }) => `${label} is longer than ${String(params.limit)} characters.`,
  maximum: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must be at most ${inWords(params.limit)}.`,
  exclusiveMinimum: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must be more than ${inWords(params.limit)}.`,
  exclusiveMaximum: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must be less than ${inWords(params.limit)}.`,
  multipleOf: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must be a multiple of ${inWords(params.multipleOf)}.`,
  minItems: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must have at least ${inWords(params.limit)} elements.`,
  maxItems: ({ label, value }, { params }) =>
    `${label} is ${inWords(value)}; it must have at most ${inWords(params.limit)} elements.`,
  uniqueItems: ({ label }, { params }) =>
    `${label} holds the same element twice, at ${String(params.j)} and ${String(params.i)}.`,
  contains: ({ label }, { params }) =>
    `${label} must hold at least ${inWords(params.minContains)} element of the kind the schema asks for.`,
  maxContains: ({ label }, { params }) =>
    `${label} holds ${inWords(params.found)} elements of the kind the schema asks for; it may hold at most ${inWords(params.limit)}.`,
  minProperties: ({ label }, { params }) => `${label} must have at least ${inWords(params.limit)} members.`,
  maxProperties: ({ label }, { params }) => `${label} must have at most ${inWords(params.limit)} members.`,
  propertyNames: ({ label }, { params }) =>
    `${label} has a member \`${String(params.propertyName)}\`, whose name the schema does not allow.`,
  dependentRequired: ({ label }, { params }) =>
    `\`${String(params.missingProperty)}\` is missing from ${label}, where \`${String(params.property)}\` asks for it.`,
  oneOf: ({ label, value }) => `${label} is ${inWords(value)}; it must be exactly one of the shapes the schema allows.`,
  unevaluatedProperties: ({ label }) => `${label} is not a member this schema knows.`,
  unevaluatedItems: ({ label }) => `${label} has more elements than this schema knows.`,
  'false schema': ({ label }) => `${label} must not be here.`,
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

function sentenceOf(place: Place, fault: SchemaFault): string {
  const sentence =
    SENTENCES[fault.keyword] ?? (({ label }: Place) => `${label} breaks the rule \`${fault.keyword}\` of the schema.`);
  const text = sentence(place, fault);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** The definition or property whose rule was broken is the last one named on the way to the rule. */
function definitionInWords({ schemaPath, keyword, params }: SchemaFault, detail = '', words = ''): string {
  const names = schemaPath.split('/').filter((name) => Object.hasOwn(DEFINITIONS, name));
  const name = names[names.length - 1];
  if (name !== undefined) return DEFINITIONS[name]!;
  return typeof params[detail] === 'string'
    ? `${words} \`${params[detail]}\``
    : `what the rule \`${keyword}\` of the schema asks for`;
}

function choices(allowed: unknown): string {
  return listInWords(Array.isArray(allowed) ? allowed.map(inWords) : [inWords(allowed)]);
}

/** A list of 100,000 broken entries is not told one by one; the last issue then says how many are left out. */
const MAX_ISSUES = 100;

/**
 * Turns what a compiled validator reported about `root` into issues for people: members that may not be there first,
 * at most 100 in all, and one that counts the rest.
 */
export function issuesOf(root: unknown, faults: readonly SchemaFault[], advise: Adviser): ValidationIssue[] {
  return describeFaults(root, withoutBranches(faults), advise);
}

/** The same for faults of which none only says why a branch was not taken. */
export function describeFaults(root: unknown, faults: readonly SchemaFault[], advise: Adviser): ValidationIssue[] {
  const told = refusedFirst(withoutRepeats(faults));
  const issues = told.slice(0, MAX_ISSUES).map((fault) => issueOf(root, fault, advise));
  const left = told.length - issues.length;
  if (left > 0) issues.push({ pointer: '', keyword: 'more', message: `${left} more faults are not listed.` });
  return issues;
}

function issueOf(root: unknown, fault: SchemaFault, advise: Adviser): ValidationIssue {
  const pointer = pointerOf(fault);
  const place = resolvePlace(root, pointer);
  const member = nameIn(fault, 'missingProperty') ?? place.member;
  const advice = advise(fault, place, member);
  return {
    pointer,
    keyword: fault.keyword,
    message: advice.message ?? sentenceOf(place, fault),
    ...(advice.hint === undefined ? {} : { hint: advice.hint }),
    ...(member === undefined ? {} : { member }),
  };
}

/** A member that may not be there has a place of its own, though the fault is reported on its object. */
function pointerOf(fault: SchemaFault): string {
  const extra = nameIn(fault, 'additionalProperty') ?? nameIn(fault, 'unevaluatedProperty');
  return extra === undefined ? fault.instancePath : childPointer(fault.instancePath, extra);
}

function nameIn({ params }: SchemaFault, key: string): string | undefined {
  const name = params[key];
  return typeof name === 'string' ? name : undefined;
}

/**
 * Leaves out what only says why a branch was not taken: `if` repeats the faults of its `then`, and a failed `anyOf`
 * or `oneOf` comes right after the faults of all its branches.
 */
function withoutBranches(faults: readonly SchemaFault[]): SchemaFault[] {
  const kept: SchemaFault[] = [];
  for (const fault of faults) {
    if (fault.keyword === 'if') continue;
    if (fault.keyword === 'anyOf' || fault.keyword === 'oneOf') dropBranches(kept, fault.instancePath);
    kept.push(fault);
  }
  return kept;
}

function dropBranches(kept: SchemaFault[], pointer: string): void {
  while (kept.length > 0 && isWithin(kept[kept.length - 1]!.instancePath, pointer)) kept.pop();
}

function isWithin(pointer: string, ancestor: string): boolean {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`);
}

/** A program that is inline matters more than all it drags along. */
function refusedFirst(faults: readonly SchemaFault[]): SchemaFault[] {
  const isRefusal = ({ keyword }: SchemaFault) => keyword === 'not';
  return [...faults.filter(isRefusal), ...faults.filter((fault) => !isRefusal(fault))];
}

/** Two rules may ask for the same thing of the same value. */
function withoutRepeats(faults: readonly SchemaFault[]): SchemaFault[] {
  const seen = new Map(faults.map((fault) => [identityOf(fault), fault]));
  return [...seen.values()];
}

function identityOf(fault: SchemaFault): string {
  return [pointerOf(fault), fault.keyword, nameIn(fault, 'missingProperty') ?? ''].join('\n');
}
