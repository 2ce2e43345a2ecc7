import fc from 'fast-check';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { compareSchemas } from '../../src/schema/compare.js';
import type { SchemaObject } from '../../src/schema/schema-node.js';

const NOTHING = new Map<string, SchemaObject>();

const effects = (before: SchemaObject, after: SchemaObject) =>
  compareSchemas(before, after, NOTHING).map(({ effect, keyword }) => `${effect} ${keyword}`);
const member = (a: unknown, more: SchemaObject = {}): SchemaObject => ({ type: 'object', properties: { a }, ...more });

describe('a change of a schema', () => {
  it.each<[string, SchemaObject, SchemaObject, readonly string[]]>([
    ['of prose is none', { title: 'x', description: 'x' }, { title: 'y', examples: [1] }, []],
    [
      'of the order of members and lists is none',
      { type: ['a', 'b'], required: ['x', 'y'] },
      { required: ['y', 'x'], type: ['b', 'a'] },
      [],
    ],
    ['asks for one member more', {}, { required: ['a'] }, ['narrower required']],
    ['asks for one member less', { required: ['a', 'b'] }, { required: ['b'] }, ['wider required']],
    ['allows one type more', member({ type: 'string' }), member({ type: ['string', 'null'] }), ['wider type']],
    ['allows numbers where integers were', member({ type: 'integer' }), member({ type: 'number' }), ['wider type']],
    ['says more of a member that could be anything', member({}), member({ type: 'string' }), ['narrower type']],
    ['says more of a member that was not named', { type: 'object' }, member({ type: 'string' }), ['narrower type']],
    [
      'names a member where others are refused',
      { additionalProperties: false },
      { additionalProperties: false, properties: { a: { type: 'string' } } },
      ['wider not'],
    ],
    ['refuses members that are not named', {}, { additionalProperties: false }, ['narrower not']],
    ['refuses a member', member({ type: 'string' }), member({ not: {} }), ['narrower not']],
    ['raises a lower bound', { minimum: 1 }, { minimum: 2 }, ['narrower minimum']],
    ['raises an upper bound', { maxLength: 1 }, { maxLength: 2 }, ['wider maxLength']],
    [
      'lets less stay inline',
      member({ 'x-max-inline-bytes': 9 }),
      member({ 'x-max-inline-bytes': 8 }),
      ['narrower x-max-inline-bytes'],
    ],
    ['asks for another pattern', { pattern: 'a' }, { pattern: 'b' }, ['unclear pattern']],
    ['asks for a format no longer', { format: 'date' }, {}, ['wider format']],
    [
      'has one alternative more',
      { anyOf: [{ type: 'string' }] },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
      ['wider anyOf'],
    ],
    ['has one alternative, where there was no choice', {}, { anyOf: [{ type: 'string' }] }, ['narrower anyOf']],
    [
      'has one condition more',
      { allOf: [{ minLength: 1 }] },
      { allOf: [{ minLength: 1 }, { maxLength: 3 }] },
      ['narrower allOf'],
    ],
    [
      'widens one of several, of which one alone may hold',
      { oneOf: [{ minimum: 1 }, { type: 'null' }] },
      { oneOf: [{ minimum: 0 }, { type: 'null' }] },
      ['unclear minimum'],
    ],
    ['negates more', { not: { enum: [1] } }, { not: { enum: [1, 2] } }, ['narrower enum']],
    ['is a condition', { if: { type: 'string' } }, { if: { type: 'null' } }, ['unclear if']],
    [
      'moves a value elsewhere',
      member({ 'x-offload': { pointer: 'p' } }),
      member({ 'x-offload': { pointer: 'q' } }),
      ['unclear x-offload'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(effects(before, after)).toEqual(expected);
  });

  it('is found in a definition, once, and at its place', () => {
    const using = (id: SchemaObject): SchemaObject => ({
      properties: { a: { $ref: '#/$defs/id' }, b: { $ref: '#/$defs/id' } },
      $defs: { id },
    });
    expect(compareSchemas(using({ minLength: 1 }), using({ minLength: 2 }), NOTHING)).toEqual([
      {
        effect: 'narrower',
        keyword: 'minLength',
        message: '`id`: `minLength` went from 1 to 2.',
        pointer: '/$defs/id',
        side: 'new',
      },
    ]);
  });

  it('comes to an end in schemas that refer to themselves', () => {
    const tree = (leaf: SchemaObject): SchemaObject => ({ properties: { leaf, children: { items: { $ref: '#' } } } });
    expect(effects(tree({ type: 'string' }), tree({ type: ['string', 'null'] }))).toEqual(['wider type']);
  });

  it('is found behind a reference to another document', () => {
    const library = new Map<string, SchemaObject>([['https://x.test/b.json', { $defs: { p: { type: 'string' } } }]]);
    const before: SchemaObject = { $id: 'https://x.test/a.json', properties: { a: { $ref: 'b.json#/$defs/p' } } };
    const after: SchemaObject = { $id: 'https://x.test/a.json', properties: { a: { type: 'null' } } };
    expect(compareSchemas(before, after, library).map(({ effect, pointer }) => [effect, pointer])).toEqual([
      ['wider', '/properties/a'],
      ['narrower', '/properties/a'],
    ]);
  });
});

const scalar = fc.oneof(
  fc.constant({ type: 'string' }),
  fc.constant({ type: ['string', 'null'] }),
  fc.record({ type: fc.constant('integer'), minimum: fc.nat(4), maximum: fc.integer({ min: 3, max: 7 }) }),
  fc.constant({ enum: ['a', 1] }),
  fc.constant({ not: {} }),
  fc.constant({}),
);
const schemas: fc.Arbitrary<SchemaObject> = fc.record(
  {
    properties: fc.dictionary(fc.constantFrom('a', 'b'), scalar),
    required: fc.uniqueArray(fc.constantFrom('a', 'b')),
    additionalProperties: fc.oneof(fc.boolean(), scalar),
    anyOf: fc.array(scalar, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const values = fc.oneof(
  fc.constantFrom('a', 1, null),
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom<unknown>('a', 'x', null, 0, 4, 9, {})),
);

describe('what is not named as a change', () => {
  it('changes nothing: no document breaks that the comparison lets pass', () => {
    fc.assert(
      fc.property(schemas, schemas, fc.array(values, { minLength: 20, maxLength: 40 }), (before, after, documents) => {
        const named = new Set(compareSchemas(before, after, NOTHING).map(({ effect }) => effect));
        if (named.has('unclear')) return;
        const ajv = new Ajv2020({ strict: false });
        const [old, now] = [ajv.compile(before), ajv.compile(after)];
        if (!named.has('narrower')) expect(documents.filter((document) => old(document) && !now(document))).toEqual([]);
        if (!named.has('wider')) expect(documents.filter((document) => now(document) && !old(document))).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });
});
