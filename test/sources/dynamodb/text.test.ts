import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attributeText, diffMembers, parseAttribute } from '../../../src/sources/dynamodb/attributes.js';
import { applySplices } from '../../../src/json/index.js';
import type { Attribute } from '../../../src/sources/dynamodb/port.js';

const number = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('12345678901234567890123456789012345678', '1.50', '-0', '1e100', '0.0000001'),
);
const names = fc.oneof(
  fc.string(),
  fc.constantFrom('state_data', 'bag', 'Payload', '__proto__', 'workflow_config', '10', '2'),
);

const { attribute } = fc.letrec<{ attribute: Attribute }>((tie) => ({
  attribute: fc.oneof(
    { depthSize: 'small' },
    fc.string().map((S) => ({ S })),
    number.map((N) => ({ N })),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.constant({ NULL: true as const }),
    fc.array(tie('attribute')).map((L) => ({ L })),
    fc.array(fc.tuple(names, tie('attribute'))).map((members) => ({ M: Object.fromEntries(members) })),
  ),
}));
const map = fc.array(fc.tuple(names, attribute)).map((members) => Object.fromEntries(members));

it('text and attribute are one: what is read from text is written as that text', () => {
  fc.assert(
    fc.property(attribute, (value) => {
      const { text, strangers } = attributeText(value);
      expect(strangers).toEqual([]);
      expect(parseAttribute(Buffer.from(text))).toEqual(value);
    }),
  );
});

it('the text does not depend on the order in which a table gives members', () => {
  fc.assert(
    fc.property(map, (members) => {
      const turned = Object.fromEntries(Object.entries(members).reverse());
      expect(attributeText({ M: turned }).text).toBe(attributeText({ M: members }).text);
    }),
  );
});

it('names what JSON has no word for by its place', () => {
  const { text, strangers } = attributeText({
    M: { b: { B: Uint8Array.from([1]) }, l: { L: [{ SS: ['a'] }] }, n: { N: '.5' }, ok: { N: '1E+2' } },
  });
  expect(strangers).toEqual([['b'], ['l', '0'], ['n']]);
  expect(JSON.parse(text)).toEqual({ b: { B: 'AQ==' }, l: [{ SS: ['a'] }], n: { N: '.5' }, ok: 100 });
});

it.each([
  ['{"a":NaN}', 'NUMBER_NOT_STORABLE'],
  ['[123456789012345678901234567890123456789]', 'NUMBER_NOT_STORABLE'],
  ['{"a":', 'JSON_'],
])('%s is no attribute', (text, code) => {
  expect(() => parseAttribute(Buffer.from(text))).toThrow(
    expect.objectContaining({ code: expect.stringContaining(code) as string }) as Error,
  );
});

it('the inverse of a change gives the text before, and what it inserts is cut out of that text', () => {
  fc.assert(
    fc.property(map, map, (one, other) => {
      const [before, after] = [one, other].map((members) => Buffer.from(attributeText({ M: members }).text)) as [
        Buffer,
        Buffer,
      ];
      const { inverse, changes } = diffMembers(before, after);
      expect(Buffer.from(applySplices(after, inverse)).toString()).toBe(before.toString());
      expect(inverse.every(({ insert }) => insert.buffer === before.buffer)).toBe(true);
      expect(changes.length === 0).toBe(before.equals(after));
    }),
    { numRuns: 500 },
  );
});

it('names each member that differs, down to the levels on which bags lie and no further', () => {
  const text = (value: unknown) => Buffer.from(attributeText(parseAttribute(Buffer.from(JSON.stringify(value)))).text);
  const before = { a: 1, config: { x: 1 }, state_data: { bag: { gone: 1, same: 2, config: { x: 1 } } } };
  const after = { a: 1, config: { x: 2 }, state_data: { bag: { new: 1, same: 2, config: { x: 2 } } } };
  const told = diffMembers(text(before), text(after)).changes.map(({ path, before: old, after: now }) => [
    path.join('/'),
    old && Buffer.from(old).toString(),
    now && Buffer.from(now).toString(),
  ]);
  expect(told).toEqual([
    ['config', '{"x":1}', '{"x":2}'],
    ['state_data/bag/config', '{"x":1}', '{"x":2}'],
    ['state_data/bag/gone', '1', undefined],
    ['state_data/bag/new', undefined, '1'],
  ]);
});
