import fc from 'fast-check';
import type { Json } from './changes.js';

/** A schema, and the definitions that it refers to at the root. */
export interface Part {
  readonly schema: unknown;
  readonly $defs?: Json;
}

const leaf = fc.constantFrom<unknown>(
  ...[{ type: 'string' }, { type: 'number' }, { type: 'integer' }, { type: ['string', 'null'] }, { minimum: 2 }],
  ...[{ maxLength: 1 }, { const: 1 }, { enum: ['a', 1] }, { maximum: 3, type: 'number' }, {}, true, false],
);
const object = leaf.map((schema): Json => (typeof schema === 'object' ? (schema as Json) : schema ? {} : { not: {} }));
const small = fc.integer({ min: 0, max: 3 });
const name = fc.constantFrom('n', 'm', 'a');
const names = fc.uniqueArray(name, { maxLength: 3 });
const members = fc.dictionary(name, leaf, { maxKeys: 2 });
const patterns = fc.dictionary(fc.constantFrom('^n', 'm', '.'), leaf, { maxKeys: 2 });
const list = fc.array(leaf, { minLength: 1, maxLength: 3 });
const types = fc.constantFrom('string', 'number', 'integer', 'null', 'object', 'array', 'boolean');

const schemas = (
  parts: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  required: readonly string[] = Object.keys(parts),
) => fc.record(parts, { requiredKeys: [...required] }).map((schema): Part => ({ schema }));

/** What evaluates members or elements, some of it by a condition. */
const evaluating = fc.oneof(
  members.map((properties) => ({ properties })),
  patterns.map((patternProperties) => ({ patternProperties })),
  fc.tuple(members, members).map(([a, b]) => ({ anyOf: [{ properties: a }, { properties: b, required: ['n'] }] })),
  members.map((properties) => ({ allOf: [{ properties }] })),
  members.map((properties) => ({ if: { properties, required: ['n'] } })),
  members.map((properties) => ({ dependentSchemas: { n: { properties } } })),
  list.map((prefixItems) => ({ prefixItems })),
  list.map((prefixItems) => ({ anyOf: [{ prefixItems }, { minItems: 2 }] })),
);

const PART = 'https://example.test/part';

/** One arbitrary schema with each keyword. */
export const KEYWORDS: Readonly<Record<string, fc.Arbitrary<Part>>> = {
  type: schemas({ type: fc.uniqueArray(types, { minLength: 1, maxLength: 4 }) }),
  enum: schemas({
    enum: fc.uniqueArray(fc.constantFrom<unknown>('a', 1, null, 2, 'b'), { minLength: 1, maxLength: 3 }),
  }),
  const: schemas({ const: fc.constantFrom<unknown>('a', 1, null, 2) }),
  minimum: schemas({ minimum: small }),
  maximum: schemas({ maximum: small }),
  exclusiveMinimum: schemas({ exclusiveMinimum: small }),
  exclusiveMaximum: schemas({ exclusiveMaximum: small }),
  multipleOf: schemas({ multipleOf: fc.constantFrom(1, 2, 3, 4, 6, 0.5) }),
  minLength: schemas({ minLength: small }),
  maxLength: schemas({ maxLength: small }),
  pattern: schemas({ pattern: fc.constantFrom('a', 'b', '^a', '.', '^.?$') }),
  format: schemas({ format: fc.constantFrom('date', 'ipv4', 'email') }),
  minItems: schemas({ minItems: small }),
  maxItems: schemas({ maxItems: small }),
  uniqueItems: schemas({ uniqueItems: fc.boolean() }),
  minProperties: schemas({ minProperties: small }),
  maxProperties: schemas({ maxProperties: small }),
  required: schemas({ required: names }),
  dependentRequired: schemas({ dependentRequired: fc.dictionary(name, names, { maxKeys: 2 }) }),
  properties: schemas({ properties: members, additionalProperties: leaf }, ['properties']),
  patternProperties: schemas({ patternProperties: patterns, properties: members, additionalProperties: leaf }, [
    'patternProperties',
  ]),
  additionalProperties: schemas({ additionalProperties: leaf, properties: members }, ['additionalProperties']),
  propertyNames: schemas({ propertyNames: fc.oneof(leaf, fc.record({ pattern: fc.constantFrom('n', 'm') })) }),
  dependentSchemas: schemas({
    dependentSchemas: fc.dictionary(
      name,
      names.map((required) => ({ required })),
      { maxKeys: 2 },
    ),
  }),
  dependencies: schemas({ dependencies: fc.dictionary(name, names, { minKeys: 1, maxKeys: 2 }) }),
  items: schemas({ items: leaf, prefixItems: list }, ['items']),
  prefixItems: schemas({ prefixItems: list, items: leaf }, ['prefixItems']),
  contains: schemas({ contains: leaf }),
  minContains: schemas({ contains: leaf, minContains: small, maxContains: small }, ['minContains']),
  maxContains: schemas({ contains: leaf, maxContains: small, minContains: small }, ['maxContains']),
  allOf: schemas({ allOf: list }),
  anyOf: schemas({ anyOf: list }),
  oneOf: schemas({ oneOf: list }),
  not: schemas({ not: leaf }),
  if: schemas({ if: leaf, then: leaf, else: leaf }, ['if']),
  then: schemas({ if: leaf, then: leaf }, ['then']),
  else: schemas({ if: leaf, else: leaf }, ['else']),
  unevaluatedProperties: fc
    .tuple(leaf, evaluating, evaluating)
    .map(([unevaluatedProperties, a, b]) => ({ schema: { ...a, ...b, unevaluatedProperties } })),
  unevaluatedItems: fc
    .tuple(leaf, evaluating, evaluating)
    .map(([unevaluatedItems, a, b]) => ({ schema: { ...a, ...b, unevaluatedItems } })),
  nullable: fc
    .tuple(fc.boolean(), fc.constantFrom('string', 'number'))
    .map(([isNullable, type]) => ({ schema: { type, ...(isNullable && { nullable: true }) } })),
  $ref: fc.tuple(object, fc.boolean()).map(([t, isAlone]) => ({
    schema: { ...(isAlone ? {} : { maxLength: 2 }), $ref: '#/$defs/t' },
    $defs: { t },
  })),
  $anchor: fc.tuple(object, object, fc.boolean()).map(([a, b, isFirst]) => ({
    schema: { $ref: '#x' },
    $defs: { a: { ...a, ...(isFirst && { $anchor: 'x' }) }, b: { ...b, ...(!isFirst && { $anchor: 'x' }) } },
  })),
  $id: fc.tuple(object, object, fc.boolean()).map(([p, q, isFirst]) => ({
    schema: { $ref: PART },
    $defs: { p: { ...p, ...(isFirst && { $id: PART }) }, q: { ...q, ...(!isFirst && { $id: PART }) } },
  })),
  $dynamicAnchor: object.map((d) => ({ schema: { $ref: '#y' }, $defs: { d: { ...d, $dynamicAnchor: 'y' } } })),
  $dynamicRef: leaf.map((n) => ({
    schema: { $dynamicAnchor: 'node', properties: { n, m: { $dynamicRef: '#node' } } },
  })),
};

/** Where a schema may be used, with what is the same in both schemas. */
export const CONTEXTS: readonly ((schema: unknown) => Json)[] = [
  (schema) => (typeof schema === 'boolean' ? { allOf: [schema] } : (schema as Json)),
  (schema) => ({ properties: { n: schema } }),
  (schema) => ({ patternProperties: { '^n': schema } }),
  (schema) => ({ properties: { m: {} }, additionalProperties: schema }),
  (schema) => ({ items: schema }),
  (schema) => ({ prefixItems: [true, schema] }),
  (schema) => ({ contains: schema }),
  (schema) => ({ contains: schema, minContains: 0, maxContains: 1 }),
  (schema) => ({ allOf: [{}, schema] }),
  (schema) => ({ anyOf: [schema, { const: 'zz' }] }),
  (schema) => ({ oneOf: [{ type: 'number' }, schema] }),
  (schema) => ({ not: schema }),
  (schema) => ({ not: { properties: { n: { not: schema } } } }),
  (schema) => ({ if: schema, then: { maxLength: 1, maximum: 1 } }),
  (schema) => ({ if: schema, else: { type: ['object', 'array', 'null'] } }),
  (schema) => ({ if: { type: 'string' }, then: schema, else: schema }),
  (schema) => ({ dependentSchemas: { n: schema } }),
  (schema) => ({ anyOf: [schema, true], unevaluatedProperties: { type: 'string' } }),
  (schema) => ({ allOf: [schema], unevaluatedProperties: false }),
  (schema) => ({ properties: { n: schema, m: { not: schema } } }),
];

const SCALARS: readonly unknown[] = [
  ...['', 'a', 'b', 'ab', 'abc', 'zz', '2026-01-31', '1.2.3.4', 'a@b.co', true, null, 0, 1, 1.5, 2, 3, 4, 6, -1],
];
const FEW: readonly unknown[] = ['a', 'ab', 1, 2, null];

/** Documents that every schema is tried on. */
export const DOCUMENTS: readonly unknown[] = [
  ...SCALARS,
  ...[{}, [], { a: 1 }, { n: 'a', m: 'b', a: 1 }, { n: 1, m: 1 }, { m: 2, n: 2 }, { n: 1, a: 'a' }],
  ...SCALARS.flatMap((value) => [{ n: value }, { m: value }, [value], [1, value], { n: { n: value } }, { n: [value] }]),
  ...FEW.flatMap((one) => FEW.flatMap((two) => [{ n: one, m: two }, [one, two], [one, two, one], { n: [one, two] }])),
  ...[{ n: { m: 1 } }, { n: { n: 1, m: 2 } }, [{ n: 1 }], [1, [1, 2]], [1, { n: 'a', m: 1 }], { n: {} }, { n: [] }],
];
