import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../src/json/index.js';
import { equalityKey } from '../../src/partition/python.js';

// Tests the key itself: a workflow shows it only where two edges meet.
describe('the key by which edges are told apart', () => {
  test.each([
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [true, 1],
    [false, 0],
    [0, -0],
    [JSON.parse('1.0'), 1],
    [[{ x: true }], [{ x: 1 }]],
    [new ExactNumber('1.0'), 1],
    [new ExactNumber('1e16'), new ExactNumber('10000000000000000')],
    [new ExactNumber('1.50'), 1.5],
    [new ExactNumber('-0'), false],
  ])('is the same for %j and %j', (a, b) => {
    expect(equalityKey(a)).toBe(equalityKey(b));
  });

  test.each([
    ['1', 1],
    [null, 0],
    [null, 'null'],
    ['true', true],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [[[1], 2], [[1, 2]]],
    [{ a: 1 }, { a: 1, b: null }],
    [{ 'a":1,"b': 2 }, { a: 1, b: 2 }],
    [JSON.parse('{"__proto__":1}'), {}],
    ['\uD83D', '\uD83E'],
    [new ExactNumber('9007199254740993'), new ExactNumber('9007199254740992.0')],
    [new ExactNumber('1.0'), '1.0'],
  ])('differs for %j and %j', (a, b) => {
    expect(equalityKey(a)).not.toBe(equalityKey(b));
  });

  test('agrees with deep equality wherever numbers and truth values are not mixed', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      fc.constant(null),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('value'), { maxLength: 2 }),
        // JSON has no objects without a prototype, and deep equality tells them from others.
        fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(equalityKey(a) === equalityKey(b)).toBe(isDeepStrictEqual(a, b));
      }),
    );
  });
});
