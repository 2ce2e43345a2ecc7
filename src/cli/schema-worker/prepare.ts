import type { ByteValue } from '../../bag/value.js';
import { Decimal, locate } from '../../json/index.js';
import { plainValue } from '../../validate/document-issues.js';
import { Refusal } from './refusal.js';

/*
 * A schema as the validator is given it. The validator takes every object with `$id` for a schema of its own, wherever
 * it is: values of `const` and `enum` become text, and keywords that it does not know lose such names.
 */

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Begins a string that holds a value of `const` or `enum` as JSON. */
export const VALUE_MARK = '\u0000json:';

/** Thrown for a schema of another dialect than JSON Schema 2020-12. */
export class OtherDialect extends Error {
  constructor(readonly dialect: string) {
    super(dialect);
  }
}

/** Takes a sentence about a number that cannot be compared exactly. */
export type NoteInexact = (sentence: string) => void;

type Prepare = (value: ByteValue, note: NoteInexact) => unknown;

const plain: Prepare = (value, note) => {
  noteInexactIn(value, note);
  const decimal = isNumber(value) ? Decimal.parse(spelling(value)) : undefined;
  return decimal?.isDouble() === false ? standIn(decimal) : plainValue(value);
};

/** Of the same kind: the rules for schemas are applied to it, and no document is. */
function standIn(decimal: Decimal): number {
  const magnitude = decimal.isWhole() ? 2 ** 53 : 0.5;
  return decimal.compare(Decimal.of(0)) < 0 ? -magnitude : magnitude;
}

const dialect: Prepare = (value) => {
  const text = value.text();
  if (text !== undefined && text.replace(/#$/, '') !== DIALECT) throw new OtherDialect(text);
  return plainValue(value);
};

/** The validator takes these before it applies the rules for schemas to them. */
const address =
  (form: RegExp): Prepare =>
  (value) => {
    const text = value.text();
    if (text !== undefined && form.test(text)) return text;
    const { line, column } = locate(value.document.bytes, value.node.start);
    throw new Refusal(
      'SCHEMA_INVALID',
      `the \`$id\`, \`$anchor\` or \`$dynamicAnchor\` at line ${line}, column ${column} does not match ${form.source}`,
    );
  };

const prepareMap: Prepare = (value, note) => mapMembers(value, (member) => prepareSchema(member, note));
const prepareList: Prepare = (value, note) =>
  value.kind() === 'array' ? value.items().map((item) => prepareSchema(item, note)) : plainValue(value);
const prepareChoices: Prepare = (value, note) =>
  value.kind() === 'array' ? value.items().map((item) => markValue(item, note)) : plainValue(value);

/** Annotations say nothing of a document. They may be of any kind, so that what is in them is left out. */
const leaveOut: Prepare = (value) => (value.kind() === 'array' ? [] : true);

const each = (prepare: Prepare, names: string) => names.split(' ').map((name) => [name, prepare] as const);

const KEYWORDS = new Map<string, Prepare>([
  ['$schema', dialect],
  ['const', markValue],
  ['enum', prepareChoices],
  ...each(leaveOut, 'default examples'),
  ...each(prepareMap, '$defs definitions dependentSchemas patternProperties properties'),
  ...each(prepareList, 'allOf anyOf oneOf prefixItems'),
  ...each(prepareSchema, 'additionalProperties contains contentSchema else if items not propertyNames then'),
  ...each(prepareSchema, 'unevaluatedItems unevaluatedProperties'),
  ['$id', address(/^[^#]*#?$/)],
  ...each(address(/^[A-Za-z_][-A-Za-z0-9._]*$/), '$anchor $dynamicAnchor'),
  ...each(plain, '$comment $dynamicRef $ref contentEncoding contentMediaType'),
  ...each(plain, 'dependentRequired deprecated description exclusiveMaximum exclusiveMinimum format maxContains'),
  ...each(plain, 'maxItems maxLength maxProperties maximum minContains minItems minLength minProperties minimum'),
  ...each(plain, 'multipleOf pattern readOnly required title type uniqueItems writeOnly'),
]);

/** Throws `Refusal` for an address that is not valid, and `OtherDialect`. */
export function prepareSchema(schema: ByteValue, note: NoteInexact): unknown {
  return mapMembers(schema, (member, name) => {
    // `$vocabulary` has a meaning in meta-schemas only.
    if (name === '$vocabulary' || name in Object.prototype) return undefined;
    const prepare = KEYWORDS.get(name);
    return prepare ? prepare(member, note) : withoutAddresses(member);
  });
}

/** Members that become `undefined` are left out. What is not an object is given as it is. */
function mapMembers(value: ByteValue, prepare: (member: ByteValue, name: string) => unknown): unknown {
  if (value.kind() !== 'object') return plainValue(value);
  const members = value.names().map((name) => [name, prepare(value.member(name)!, name)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function markValue(value: ByteValue, note: NoteInexact): string {
  noteInexactIn(value, note);
  return VALUE_MARK + JSON.stringify(plainValue(value));
}

const ADDRESSES = new Set(['$id', '$anchor', '$dynamicAnchor', '$schema', '$vocabulary']);

/** Schemas may be kept under a keyword that is not known, and referred to by their place. */
function withoutAddresses(value: ByteValue): unknown {
  if (value.kind() === 'array') return value.items().map(withoutAddresses);
  return mapMembers(value, (member, name) => (ADDRESSES.has(name) ? undefined : withoutAddresses(member)));
}

function noteInexactIn(value: ByteValue, note: NoteInexact): void {
  if (value.kind() === 'array') {
    for (const item of value.items()) noteInexactIn(item, note);
  } else if (value.kind() === 'object') {
    for (const name of value.names()) noteInexactIn(value.member(name)!, note);
  } else if (isNumber(value) && Decimal.parse(spelling(value))?.isDouble() !== true) {
    const { line, column } = locate(value.document.bytes, value.node.start);
    note(`the number at line ${line}, column ${column} cannot be compared exactly: a double does not keep it`);
  }
}

function spelling(value: ByteValue): string {
  return Buffer.from(value.bytes()).toString('latin1');
}

function isNumber(value: ByteValue): boolean {
  return value.kind() === 'number' || value.kind() === 'nonfinite';
}
