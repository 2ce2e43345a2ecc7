import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BagError } from 'statebag-shim';
import { partitionWorkflow } from '../../src/partition/index.js';
import type { NodeSegment, Segment } from '../../src/partition/index.js';

const nodeType = fc.constantFrom('operator', 'code', 'llm_chat', 'aiModel', 'parallel_group', 'for_each');
const edgeType = fc.constantFrom(undefined, 'normal', 'hitp', 'pause', 'conditional');

/** What `branches` of a node may hold. */
function branchesOf(id: string): readonly unknown[] {
  const full = { nodes: [{ id: `${id}.x` }, { id: `${id}.y` }], edges: [{ source: `${id}.y`, target: `${id}.x` }] };
  return [undefined, [], [null], [full, {}]];
}

/**
 * Workflows without circles: edges lead from earlier to later names, or out of the workflow. Nodes are listed in any
 * order.
 */
const workflow = fc.integer({ min: 1, max: 14 }).chain((count) => {
  const names = Array.from({ length: count }, (_, i) => `n${i}`);
  const node = (id: string): fc.Arbitrary<{ type: string; branches: unknown }> =>
    fc.record({
      id: fc.constant(id),
      type: nodeType,
      hitp: fc.constantFrom(false, true, 'true'),
      branches: fc.constantFrom(...branchesOf(id)),
    });
  const edge = fc
    .record({ from: fc.nat(count - 1), step: fc.integer({ min: 1, max: 4 }), type: edgeType })
    .map(({ from, step, type }) => ({
      source: names[from],
      target: names[from + step] ?? 'ghost',
      ...(type === undefined ? {} : { type }),
    }));
  return fc.record({
    nodes: fc.tuple(...names.map(node)).chain((nodes) => fc.shuffledSubarray(nodes, { minLength: count })),
    edges: fc.array(edge, { maxLength: 24 }),
  });
});

function everySegment(list: readonly Segment[]): Segment[] {
  return list.flatMap((segment) =>
    segment.type === 'parallel_group'
      ? [segment, ...segment.branches.flatMap((branch) => everySegment(branch.partition_map))]
      : [segment],
  );
}

function isNodeSegment(segment: Segment): segment is NodeSegment {
  return segment.type !== 'parallel_group' && segment.type !== 'aggregator';
}

function nextIds(segment: Segment): number[] {
  if (segment.next_mode === 'conditional') return segment.branches.map(({ next }) => next);
  return segment.next_mode === 'default' ? [segment.default_next] : [];
}

function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freezeDeep);
  return value;
}

describe('for every workflow without circles', () => {
  test('each node runs in exactly one segment, unless all it declares is null branches', () => {
    fc.assert(
      fc.property(workflow, ({ nodes, edges }) => {
        const all = everySegment(partitionWorkflow({ nodes, edges }).partitionMap);
        const placed = all.flatMap((segment) => segment.node_ids).filter((id) => !String(id).includes('.'));
        const empty = nodes.filter(
          (node) => node.type === 'parallel_group' && isDeepStrictEqual(node.branches, [null]),
        );
        expect(new Set(placed).size).toBe(placed.length);
        expect(placed.length).toBe(nodes.length - empty.length);
      }),
    );
  });

  test('ids count from 0 without a gap, and a branch is numbered before its group, a group before its aggregator', () => {
    fc.assert(
      fc.property(workflow, (input) => {
        const all = everySegment(partitionWorkflow(input).partitionMap);
        expect(all.map((segment) => segment.id).sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
        for (const segment of all) {
          if (segment.type !== 'parallel_group') continue;
          expect(segment.default_next).toBe(segment.id + 1);
          for (const inner of segment.branches.flatMap((branch) => everySegment(branch.partition_map)))
            expect(inner.id).toBeLessThan(segment.id);
        }
      }),
    );
  });

  test('every link leads to another segment that exists', () => {
    fc.assert(
      fc.property(workflow, (input) => {
        const all = everySegment(partitionWorkflow(input).partitionMap);
        for (const segment of all) {
          for (const next of nextIds(segment)) expect(next !== segment.id && next < all.length).toBe(true);
        }
      }),
    );
  });

  test('the edges inside a segment lead from nodes that run earlier to nodes that run later', () => {
    fc.assert(
      fc.property(workflow, (input) => {
        for (const segment of everySegment(partitionWorkflow(input).partitionMap).filter(isNodeSegment)) {
          for (const { source, target } of segment.edges) {
            expect(segment.node_ids.indexOf(source as string)).toBeLessThan(segment.node_ids.indexOf(target as string));
          }
        }
      }),
    );
  });

  test('the answer is plain JSON, the same each time, and the input is not written to', () => {
    fc.assert(
      fc.property(workflow, (drawn) => {
        const input = freezeDeep(JSON.parse(JSON.stringify(drawn)) as unknown);
        const first = partitionWorkflow(input);
        expect(JSON.stringify(partitionWorkflow(input))).toBe(JSON.stringify(first));
        expect(JSON.parse(JSON.stringify(first))).toStrictEqual(first);
      }),
    );
  });
});

test('no JSON value at all makes it throw anything but a BagError', () => {
  const word = fc.constantFrom(
    'nodes',
    'edges',
    'id',
    'source',
    'target',
    'branches',
    'type',
    'parallel_group',
    'a',
    'b',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.constantFrom(null, true, 1),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(word, tie('value')),
    ),
  }));
  const input = fc.oneof(value, fc.record({ nodes: fc.array(value), edges: fc.array(value) }));
  fc.assert(
    fc.property(input, (config) => {
      let thrown: unknown;
      try {
        partitionWorkflow(config);
      } catch (error) {
        thrown = error;
      }
      expect(thrown === undefined || thrown instanceof BagError).toBe(true);
    }),
  );
});
