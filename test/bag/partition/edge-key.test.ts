import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalityKey } from '../../../src/bag/partition/edge-key.js';

describe('the key by which edges are told apart', () => {
  test.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }],
    [true, 1],
    [false, 0],
    [0, -0],
    [JSON.parse('1.0'), 1],
    [[{ x: true }], [{ x: 1 }]],
  ])('is the same for %j and %j', (a, b) => {
    expect(equalityKey(a)).toBe(equalityKey(b));
  });

  test.each([
    ['1', 1],
    [null, 0],
    [null, 'null'],
    ['true', true],
    [[], {}],
    [[1, 2], [2, 1]],
    [[[1], 2], [[1, 2]]],
    [{ a: 1 }, { a: 1, b: null }],
    [{ 'a":1,"b': 2 }, { a: 1, b: 2 }],
    [JSON.parse('{"__proto__":1}'), {}],
    ['\uD83D', '\uD83E'],
  ])('differs for %j and %j', (a, b) => {
    expect(equalityKey(a)).not.toBe(equalityKey(b));
  });

  test('agrees with deep equality wherever numbers and truth values are not mixed', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.parse(JSON.stringify(json, (_, v: unknown) => (typeof v === 'boolean' ? 'bool' : v))) as unknown);
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(equalityKey(a) === equalityKey(b)).toBe(isDeepStrictEqual(a, b));
      }),
    );
  });
});
