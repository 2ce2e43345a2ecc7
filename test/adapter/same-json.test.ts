import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cloneJson } from '../../src/adapter/json-clone.js';
import { firstDifference } from '../../src/adapter/json-difference.js';
import { sameJson } from '../../src/adapter/same-json.js';

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('a private copy', () => {
  test('has the text of the original and shares no object with it', () => {
    fc.assert(
      fc.property(json, (value) => {
        const copy = cloneJson(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  test('keeps a member named __proto__ a member', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":2}') as object;
    expect(JSON.stringify(cloneJson(value))).toBe('{"__proto__":{"a":1},"b":2}');
    expect(Object.getPrototypeOf(cloneJson(value))).toBe(Object.prototype);
  });
});

describe('a live value', () => {
  test('is the same as its copy exactly when their texts are the same', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(sameJson(one, cloneJson(one))).toBe(true);
        expect(sameJson(one, other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  test.each([
    ['another order of members', { b: 2, a: 1 }, { a: 1, b: 2 }],
    ['another last character of a long text', { text: `${'x'.repeat(100_000)}y` }, { text: `${'x'.repeat(100_000)}z` }],
    ['one item more', [1, 2, 3], [1, 2]],
    ['a member more', { a: 1, b: undefined }, { a: 1 }],
    ['a list for an object', [], {}],
    ['an object for a list', {}, []],
    ['a date', { at: new Date(0) }, { at: {} }],
    ['a map', { at: new Map() }, { at: {} }],
    ['undefined in a list', [1, undefined, 3], [1, null, 3]],
    ['a function', { toJSON: () => 1 }, {}],
  ])('with %s is another', (_, live, copy) => {
    expect(sameJson(live, copy)).toBe(false);
  });

  test('nested too deep to compare is another, and no stack overflows', () => {
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown;
    expect(sameJson(deep, structuredCloneDeep(5_000))).toBe(false);
    expect(() => cloneJson(deep)).toThrow(expect.objectContaining({ code: 'JSON_TOO_DEEP' }));
  });
});

function structuredCloneDeep(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

describe('the first difference', () => {
  test('is none between values that differ only in the order of members', () => {
    expect(firstDifference({ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 })).toBeUndefined();
  });

  test.each([
    [{ a: { b: 1 } }, { a: { b: 2 } }, '/a/b'],
    [{ a: [1, 2] }, { a: [1] }, '/a/1'],
    [{ 'x/y': 1 }, { 'x/y': null }, '/x~1y'],
    [{ 'x~y': 1 }, {}, '/x~0y'],
    [{ n: 9007199254740992 }, { n: 9007199254740994 }, '/n'],
    [{ n: -0 }, { n: 0 }, '/n'],
    [{ n: 1 }, { n: '1' }, '/n'],
    [[], {}, ''],
    [1, 2, ''],
  ])('between %j and %j is named as a JSON pointer', (one, other, place) => {
    expect(firstDifference(one, other)).toBe(place);
  });

  test('is found in any pair of values whose sorted texts differ', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(firstDifference(one, other) === undefined).toBe(sorted(one) === sorted(other));
      }),
    );
  });
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
