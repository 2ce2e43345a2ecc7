import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partitionWorkflow } from '../../src/partition/index.js';

/** The ids of unconnected nodes, in the order in which one segment runs them. */
function inOrder(ids: readonly unknown[]): unknown {
  return partitionWorkflow({ nodes: ids.map((id) => ({ id })) }).partitionMap[0]?.node_ids;
}

/** The ids of a declared branch, whose edges may be repeated, in a circle or from elsewhere. */
function inBranch(ids: readonly string[], edges: readonly (readonly [string, string])[]): unknown {
  const nodes = ids.map((id) => ({ id }));
  const branch = { nodes, edges: edges.map(([source, target]) => ({ source, target })) };
  const { partitionMap } = partitionWorkflow({ nodes: [{ id: 'g', type: 'parallel_group', branches: [branch] }] });
  const [group] = partitionMap;
  return group?.type === 'parallel_group' ? group.branches[0]?.partition_map[0]?.node_ids : undefined;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((point, at) => point !== b[at]);
  if (i === -1) return a.length - b.length;
  return b[i] === undefined ? 1 : a[i]! - b[i];
}

describe('the order of ids', () => {
  test('is by code point: U+FF5E comes before U+1F600, although its UTF-16 unit is larger', () => {
    expect(inOrder(['\u{1F600}', '～', 'b', 'B', '1', ''])).toEqual(['', '1', 'B', 'b', '～', '\u{1F600}']);
  });

  test('agrees with comparing lists of code points, lone surrogates included', () => {
    const unit = fc.constantFrom('a', '～', '\uD83D', '\uD83E', '\uDE00', '\uDE01', '\u{1F600}', '\u{1F601}');
    const text = fc.array(unit, { maxLength: 5 }).map((units) => units.join(''));
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 6 }), (ids) => {
        expect(inOrder(ids)).toEqual([...ids].sort((a, b) => compareLists(codePoints(a), codePoints(b))));
      }),
    );
  });

  test('is by size for numbers and truth values', () => {
    expect(inOrder([10, 9, -1, true, 0.5, false])).toEqual([-1, false, 0.5, true, 9, 10]);
  });
});

describe('topological order', () => {
  test('takes the smallest of the ready nodes, also of those that became ready late', () => {
    const edges = [
      ['c', 'a'],
      ['b', 'd'],
    ] as const;
    expect(inBranch(['d', 'c', 'b', 'a'], edges)).toEqual(['b', 'c', 'a', 'd']);
  });

  test('ignores edges that lead elsewhere and bears edges told twice', () => {
    const edges = [
      ['x', 'a'],
      ['b', 'x'],
      ['b', 'a'],
      ['b', 'a'],
    ] as const;
    expect(inBranch(['b', 'a'], edges)).toEqual(['b', 'a']);
  });

  test('puts what runs in a circle last, in the order given', () => {
    const edges = [
      ['d', 'c'],
      ['c', 'd'],
    ] as const;
    expect(inBranch(['d', 'c', 'b', 'a'], edges)).toEqual(['a', 'b', 'd', 'c']);
  });
});
