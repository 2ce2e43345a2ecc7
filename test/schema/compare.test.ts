import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { statebag, useScratch } from '../cli/terminal.js';

type SchemaObject = Readonly<Record<string, unknown>>;

interface Issue {
  readonly rule: 'breaks-stored' | 'breaks-readers' | 'unknown';
  readonly pointer: string;
  readonly message: string;
}

const scratch = useScratch();

/** What the command says of two schemas. */
async function diff(
  before: SchemaObject,
  after: SchemaObject,
): Promise<{ readonly code: number; readonly issues: readonly Issue[] }> {
  const [old, next] = [join(scratch.dir, 'old.json'), join(scratch.dir, 'new.json')];
  writeFileSync(old, JSON.stringify(before));
  writeFileSync(next, JSON.stringify(after));
  const { code, out } = await statebag(scratch.dir, ['schema', 'diff', old, next, '--json']);
  const { documents } = JSON.parse(out) as { readonly documents: readonly [{ readonly issues: readonly Issue[] }] };
  return { code, issues: documents[0].issues };
}

const member = (a: unknown, more: SchemaObject = {}): SchemaObject => ({ type: 'object', properties: { a }, ...more });

describe('a change of a schema', () => {
  it.each<[string, SchemaObject, SchemaObject, readonly string[]]>([
    ['of prose is none', { title: 'x', description: 'x' }, { title: 'y', examples: [1] }, []],
    [
      'of the order of members and lists is none',
      { type: ['null', 'object'], required: ['x', 'y'] },
      { required: ['y', 'x'], type: ['object', 'null'] },
      [],
    ],
    ['asks for one member more', {}, { required: ['a'] }, ['breaks-stored ', 'The document: `required` gained "a".']],
    [
      'asks for one member less',
      { required: ['a', 'b'] },
      { required: ['b'] },
      ['breaks-readers ', 'The document: `required` lost "a".'],
    ],
    [
      'allows one type more',
      member({ type: 'string' }),
      member({ type: ['string', 'null'] }),
      ['breaks-readers /properties/a', '`a`: `type` gained "null".'],
    ],
    [
      'allows numbers where integers were',
      member({ type: 'integer' }),
      member({ type: 'number' }),
      ['breaks-readers /properties/a', '`a`: `type` gained "number".'],
    ],
    [
      'says more of a member that could be anything',
      member({}),
      member({ type: 'string' }),
      ['breaks-stored /properties/a', '`a`: `type` "string" is asked for now.'],
    ],
    [
      'says more of a member that was not named',
      { type: 'object' },
      member({ type: 'string' }),
      ['breaks-stored /properties/a', '`a`: `type` "string" is asked for now.'],
    ],
    [
      'names a member where others are refused',
      { additionalProperties: false },
      { additionalProperties: false, properties: { a: { type: 'string' } } },
      ['breaks-readers /properties/a', '`a`: may be there now.'],
    ],
    [
      'refuses members that are not named',
      {},
      { additionalProperties: false },
      ['breaks-stored /additionalProperties', '`/additionalProperties`: may no longer be there.'],
    ],
    [
      'refuses a member',
      member({ type: 'string' }),
      member({ not: {} }),
      ['breaks-stored /properties/a', '`a`: may no longer be there.'],
    ],
    [
      'raises a lower bound',
      { minimum: 1 },
      { minimum: 2 },
      ['breaks-stored ', 'The document: `minimum` went from 1 to 2.'],
    ],
    [
      'raises an upper bound',
      { maxLength: 1 },
      { maxLength: 2 },
      ['breaks-readers ', 'The document: `maxLength` went from 1 to 2.'],
    ],
    [
      'lets less stay inline',
      member({ 'x-max-inline-bytes': 9 }),
      member({ 'x-max-inline-bytes': 8 }),
      ['breaks-stored /properties/a', '`a`: `x-max-inline-bytes` went from 9 to 8.'],
    ],
    [
      'asks for another pattern',
      { pattern: 'a' },
      { pattern: 'b' },
      ['unknown ', 'The document: `pattern` went from "a" to "b", and two of them are not compared.'],
    ],
    [
      'asks for a format no longer',
      { format: 'date' },
      {},
      ['breaks-readers ', 'The document: `format` "date" is no longer asked for.'],
    ],
    [
      'has one alternative more',
      { anyOf: [{ type: 'string' }] },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
      ['breaks-readers ', 'The document: `anyOf` gained {"type":"null"}.'],
    ],
    [
      'has one alternative, where there was no choice',
      {},
      { anyOf: [{ type: 'string' }] },
      ['breaks-stored ', 'The document: `anyOf` [{"type":"string"}] is asked for now.'],
    ],
    [
      'has one alternative more beside one with another description',
      { anyOf: [{ type: 'string', properties: { title: { title: 'a' } }, description: 'a' }] },
      { anyOf: [{ type: 'null' }, { type: 'string', properties: { title: { title: 'b' } }, description: 'b' }] },
      ['breaks-readers ', 'The document: `anyOf` gained {"type":"null"}.'],
    ],
    [
      'of the titles and the order of alternatives is none',
      { oneOf: [{ type: 'string', title: 'a' }, { type: 'null', title: 'b' }, { const: 1 }] },
      {
        oneOf: [
          { const: 1, title: 'x' },
          { type: 'null', title: 'y' },
          { type: 'string', title: 'z' },
        ],
      },
      [],
    ],
    [
      'has one condition more',
      { allOf: [{ minLength: 1 }] },
      { allOf: [{ minLength: 1 }, { maxLength: 3 }] },
      ['breaks-stored ', 'The document: `allOf` gained {"maxLength":3}.'],
    ],
    [
      'widens one of several, of which one alone may hold',
      { oneOf: [{ minimum: 1 }, { type: 'null' }] },
      { oneOf: [{ minimum: 0 }, { type: 'null' }] },
      ['unknown /oneOf/0', '`/oneOf/0`: `minimum` went from 1 to 0.'],
    ],
    [
      'negates more',
      { not: { enum: [1] } },
      { not: { enum: [1, 2] } },
      ['breaks-stored /not', '`/not`: `enum` gained 2.'],
    ],
    [
      'is a condition',
      { if: { type: ['string', 'boolean'] }, then: { minimum: 1 }, else: { type: 'null' } },
      { if: { type: 'string' }, then: { minimum: 1 }, else: { type: 'null' } },
      ['unknown /if', '`/if`: `type` lost "boolean".'],
    ],
    [
      'moves a value elsewhere',
      member({ 'x-offload': { pointer: 'p' } }),
      member({ 'x-offload': { pointer: 'q' } }),
      ['unknown /properties/a', '`a`: `x-offload` changed, and this keyword is not compared.'],
    ],
  ])('%s', async (_, before, after, expected) => {
    const { code, issues } = await diff(before, after);
    expect([code, issues.map(({ rule, pointer, message }) => [`${rule} ${pointer}`, message])]).toEqual(
      expected.length === 0 ? [0, []] : [1, [expected]],
    );
  });

  it('is found in a definition, once, and at its place', async () => {
    const using = (id: SchemaObject): SchemaObject => ({
      properties: { a: { $ref: '#/$defs/id' }, b: { $ref: '#/$defs/id' } },
      $defs: { id },
    });
    const { issues } = await diff(using({ minLength: 1 }), using({ minLength: 2 }));
    expect(issues).toMatchObject([
      { rule: 'breaks-stored', message: '`id`: `minLength` went from 1 to 2.', pointer: '/$defs/id' },
    ]);
    expect(issues).toHaveLength(1);
  });

  it('comes to an end in schemas that refer to themselves', async () => {
    const tree = (leaf: SchemaObject): SchemaObject => ({ properties: { leaf, children: { items: { $ref: '#' } } } });
    const { issues } = await diff(tree({ type: 'string' }), tree({ type: ['string', 'null'] }));
    expect(issues.map(({ rule, message }) => [rule, message])).toEqual([
      ['breaks-readers', '`leaf`: `type` gained "null".'],
    ]);
  });

  it('is found behind a reference to another document', async () => {
    const $ref = 'https://statebag-shim.dev/schemas/state-bag.v2.json#/$defs/numeric';
    const { issues } = await diff({ properties: { a: { $ref } } }, { properties: { a: { type: 'null' } } });
    expect([...new Set(issues.map(({ rule, pointer }) => `${rule} ${pointer}`))].sort()).toEqual([
      'breaks-readers /properties/a',
      'breaks-stored /properties/a',
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
  it('changes nothing: no document breaks that the comparison lets pass', async () => {
    await fc.assert(
      fc.asyncProperty(
        schemas,
        schemas,
        fc.array(values, { minLength: 40, maxLength: 40 }),
        async (before, after, documents) => {
          const named = new Set((await diff(before, after)).issues.map(({ rule }) => rule));
          if (named.has('unknown')) return;
          const ajv = new Ajv2020({ strict: false });
          const [old, now] = [ajv.compile(before), ajv.compile(after)];
          if (!named.has('breaks-stored'))
            expect(documents.filter((document) => old(document) && !now(document))).toEqual([]);
          if (!named.has('breaks-readers'))
            expect(documents.filter((document) => now(document) && !old(document))).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
    // Each comparison starts two threads.
  }, 180_000);
});
