import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../src/json/index.js';
import { partitionWorkflow } from '../../src/partition/index.js';

/** Whether two edges that differ in a member count as one. Only ids that are false for Python share two edges. */
function areEqual(a: unknown, b: unknown): boolean {
  const edges = [a, b].map((value) => ({ source: 0, target: '', value }));
  const [segment] = partitionWorkflow({ nodes: [{ id: 0 }, { id: '' }], edges }).partitionMap;
  return (segment as { readonly edges: readonly unknown[] }).edges.length === 1;
}

describe('an edge of a segment that repeats another in all but a member', () => {
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
  ])('is left out when the member is %j and %j', (a, b) => {
    expect(areEqual(a, b)).toBe(true);
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
  ])('is kept when the member is %j and %j', (a, b) => {
    expect(areEqual(a, b)).toBe(false);
  });

  test('is left out exactly when both are deeply equal, where numbers and truth values are not mixed', () => {
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
        expect(areEqual(a, b)).toBe(isDeepStrictEqual(a, b));
      }),
    );
  });
});
