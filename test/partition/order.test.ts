import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareIds } from '../../src/partition/python.js';
import { topologicalOrder } from '../../src/partition/segment.js';
import type { Edge } from '../../src/partition/graph.js';

function edge(source: string, target: string): Edge {
  return { source, target, value: {}, position: 0 };
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((point, at) => point !== b[at]);
  if (i === -1) return a.length - b.length;
  return b[i] === undefined ? 1 : a[i]! - b[i];
}

// Tests the order itself: a workflow shows it only together with all other rules.
describe('the order of ids', () => {
  test('is by code point: U+FF5E comes before U+1F600, although its UTF-16 unit is larger', () => {
    expect(['\u{1F600}', '～', 'b', 'B', '1', ''].sort(compareIds)).toEqual(['', '1', 'B', 'b', '～', '\u{1F600}']);
  });

  test('agrees with comparing lists of code points, lone surrogates included', () => {
    const unit = fc.constantFrom('a', '～', '\uD83D', '\uD83E', '\uDE00', '\uDE01', '\u{1F600}', '\u{1F601}');
    const text = fc.array(unit, { maxLength: 5 }).map((units) => units.join(''));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareIds(a, b))).toBe(Math.sign(compareLists(codePoints(a), codePoints(b))));
      }),
    );
  });

  test('puts numbers first, by size', () => {
    expect(['1', 10, 9, 'a', -1].sort(compareIds)).toEqual([-1, 9, 10, '1', 'a']);
  });
});

describe('topological order', () => {
  test('takes the smallest of the ready nodes, also of those that became ready late', () => {
    expect(topologicalOrder(['d', 'c', 'b', 'a'], [edge('c', 'a'), edge('b', 'd')])).toEqual(['b', 'c', 'a', 'd']);
  });

  test('ignores edges that lead elsewhere and bears edges told twice', () => {
    expect(topologicalOrder(['b', 'a'], [edge('x', 'a'), edge('b', 'x'), edge('b', 'a'), edge('b', 'a')])).toEqual([
      'b',
      'a',
    ]);
  });

  test('puts what runs in a circle last, in the order given', () => {
    expect(topologicalOrder(['d', 'c', 'b', 'a'], [edge('d', 'c'), edge('c', 'd')])).toEqual(['a', 'b', 'd', 'c']);
  });
});
