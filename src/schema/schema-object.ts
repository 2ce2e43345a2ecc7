import { Decimal } from '../json/index.js';

/** A JSON object without a prototype, so that a member of any name is its own. Its numbers are `Decimal`. */
export type SchemaObject = Readonly<Record<string, unknown>>;

export type Schema = SchemaObject | boolean;

export const EMPTY: SchemaObject = Object.create(null) as SchemaObject;

export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || isSchemaObject(value);
}

/** A schema below another one, with its place there. */
export interface Subschema {
  readonly path: readonly string[];
  readonly schema: Schema;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isMapOf = (isMember: (value: unknown) => boolean) => (value: unknown) =>
  isSchemaObject(value) && Object.values(value).every(isMember);

/** What the value of a keyword has to be, so that it can be compared. */
const SHAPES: Readonly<Record<string, (value: unknown) => boolean>> = makeShapes();

function makeShapes(): Record<string, (value: unknown) => boolean> {
  const shapes = Object.create(null) as Record<string, (value: unknown) => boolean>;
  const add = (keywords: string, isShape: (value: unknown) => boolean) => {
    for (const keyword of keywords.split(' ')) shapes[keyword] = isShape;
  };
  add('items additionalProperties unevaluatedProperties unevaluatedItems propertyNames contains not', isSchema);
  add('if then else contentSchema', isSchema);
  add('allOf anyOf oneOf prefixItems', (value) => Array.isArray(value) && value.every(isSchema));
  add('properties patternProperties dependentSchemas $defs definitions', isMapOf(isSchema));
  add('dependentRequired', isMapOf(isTexts));
  add('required', isTexts);
  add('type', (value) => isText(value) || isTexts(value));
  add('enum', Array.isArray);
  add('pattern format $ref $dynamicRef $recursiveRef', isText);
  add('uniqueItems', (value) => typeof value === 'boolean');
  add('minimum maximum exclusiveMinimum exclusiveMaximum multipleOf', (value) => value instanceof Decimal);
  add('minLength maxLength minItems maxItems minProperties maxProperties', (value) => value instanceof Decimal);
  add('minContains maxContains x-max-inline-bytes', (value) => value instanceof Decimal);
  return shapes;
}

/** True for a value that the keyword cannot have. Validators differ in what they make of it. */
export function isMalformed(keyword: string, value: unknown): boolean {
  return value !== undefined && SHAPES[keyword]?.(value) === false;
}

const HOLDERS = [
  ...['items', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems', 'propertyNames', 'contains'],
  ...['not', 'if', 'then', 'else', 'contentSchema', 'allOf', 'anyOf', 'oneOf', 'prefixItems'],
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'],
];

const HOLDS = new Set(HOLDERS);

/** True for a keyword whose value is a schema, or a list or map of them. */
export function holdsSchemas(keyword: string): boolean {
  return HOLDS.has(keyword);
}

/** The value of a keyword with each of the schemas right below it as `map` makes it. */
export function mapSubschemas(keyword: string, value: unknown, map: (schema: Schema) => unknown): unknown {
  if (subschemas(keyword, value).length === 0) return value;
  if (isSchema(value) && SHAPES[keyword] === isSchema) return map(value);
  if (Array.isArray(value)) return value.map(map);
  return mapMembers(value as Readonly<Record<string, Schema>>, (_, schema) => map(schema));
}

/** An object of the same names; members that become `undefined` are left out. */
export function mapMembers<T>(object: Readonly<Record<string, T>>, map: (name: string, value: T) => unknown): object {
  const mapped = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(object)) {
    const member = map(name, value);
    if (member !== undefined) mapped[name] = member;
  }
  return mapped;
}

/** The schemas right below a keyword. */
export function subschemas(keyword: string, value: unknown): readonly Subschema[] {
  if (!HOLDS.has(keyword) || value === undefined || isMalformed(keyword, value)) return [];
  if (SHAPES[keyword] === isSchema) return [{ path: [keyword], schema: value as Schema }];
  return Object.entries(value as Record<string, Schema>).map(([name, schema]) => ({ path: [keyword, name], schema }));
}
