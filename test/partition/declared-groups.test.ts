import { describe, expect, test } from 'vitest';
import { partitionWorkflow } from '../../src/partition/index.js';
import { draw, outline } from './drawing.js';

function group(...branches: readonly unknown[]): Record<string, unknown> {
  return { type: 'parallel_group', branches };
}

function branch(...ids: readonly string[]): Record<string, unknown> {
  return {
    nodes: ids.map((id) => ({ id, type: 'operator' })),
    edges: ids.slice(1).map((id, i) => ({ source: ids[i], target: id })),
  };
}

describe('a node that declares its branches', () => {
  test('becomes a group named after it and an aggregator that follows its edges', () => {
    expect(
      outline(draw(['a > g', 'g > z'], { a: {}, g: group({ ...branch('x', 'y'), id: 'left' }, branch('v')) })),
    ).toEqual([
      '0 normal a -> 3',
      '3 parallel_group g -> 4',
      '  left at x',
      '    1 normal x y -> aggregator 4',
      '  B1 at v',
      '    2 normal v -> aggregator 4',
      '4 aggregator -> 5',
      '5 normal z -> end',
    ]);
  });

  test('is a group even when it forks: its edges become conditional ways of the aggregator', () => {
    expect(outline(draw(['g > y', 'g > z'], { g: group(branch('x')) }))).toEqual([
      '1 parallel_group g -> 2',
      '  B0 at x',
      '    0 normal x -> aggregator 2',
      '2 aggregator -> default? 3, default? 3',
      '3 normal y z -> end',
    ]);
  });

  test('passes on its policy and label, or {} and an empty text', () => {
    const policy = { max: 4 };
    const json = JSON.stringify(
      partitionWorkflow(draw([], { g: { ...group(branch('x')), resource_policy: policy, label: 'L' } })).partitionMap,
    );
    expect(json).toContain(
      '"node_ids":["g"],"branch_count":1,"resource_policy":{"max":4},"label":"L","next_mode":"default","default_next":2}',
    );
    expect(JSON.stringify(partitionWorkflow(draw([], { g: group(branch('x')) })).partitionMap)).toContain(
      '"resource_policy":{},"label":""',
    );
  });

  test('keeps a branch without nodes, empty, and skips a null, which keeps its number', () => {
    expect(outline(draw([], { g: group(null, { nodes: [{ type: 'operator' }, null] }, {}) }))).toEqual([
      '0 parallel_group g -> 1',
      '  B1 at null',
      '  B2 at null',
      '1 aggregator -> end',
    ]);
  });

  test('makes nothing when every branch is null, and the walk goes on', () => {
    expect(outline(draw(['a > g', 'g > z'], { a: {}, g: group(null) }))).toEqual([
      '0 normal a -> end',
      '1 normal z -> end',
    ]);
  });

  test.each([[[]], [{}], [null], ['x']])('whose branches are %j is an ordinary node', (branches) => {
    expect(outline(draw(['a > g'], { a: {}, g: { type: 'parallel_group', branches } }))).toEqual([
      '0 normal a g -> end',
    ]);
  });

  test('makes one segment of a branch, whatever its nodes are, typed by their hitp flags alone', () => {
    const models = {
      nodes: [
        { id: 'x', type: 'llm_chat' },
        { id: 'y', type: 'aiModel' },
      ],
    };
    const asking = { nodes: [{ id: 'v', type: 'code', hitp: true }] };
    expect(outline(draw([], { g: group(models, asking) })).slice(1, 5)).toEqual([
      '  B0 at x',
      '    0 normal x y -> aggregator 3',
      '  B1 at v',
      '    1 hitp v -> aggregator 3',
    ]);
  });

  test('keeps the edges of a branch as they are, repeated ones too, and adds none of the workflow', () => {
    const own = [
      { source: 'x', target: 'y', n: 1 },
      { source: 'x', target: 'y', n: 1 },
    ];
    const config = [
      { n: true, target: 'y', source: 'x' },
      { source: 'x', target: 'y', n: 2 },
      { source: 'x', target: 'y', n: 2.0 },
    ];
    const { partitionMap } = partitionWorkflow({
      ...draw([], { g: group({ ...branch('x', 'y'), edges: own }) }),
      edges: config,
    });
    expect(partitionMap).toMatchObject([{ branches: [{ partition_map: [{ edges: own, outgoing_edges: [] }] }] }, {}]);
  });

  test('puts the nodes of a branch in order by its edges, and leaves a circle as it was written', () => {
    const shuffled = {
      nodes: [{ id: 'c' }, { id: 'a' }, { id: 'b' }],
      edges: [
        { source: 'b', target: 'a' },
        { source: 'a', target: 'c' },
      ],
    };
    const circle = {
      nodes: [{ id: 'z' }, { id: 'y' }, { id: 'x' }],
      edges: [
        { source: 'z', target: 'y' },
        { source: 'y', target: 'z' },
      ],
    };
    const text = outline(draw([], { g: group(shuffled, circle) })).join('\n');
    expect(text).toContain('B0 at c\n    0 normal b a c');
    expect(text).toContain('B1 at z\n    1 normal x z y');
  });

  const nodes = [{ id: 'x' }];

  test.each([
    ['text'],
    [7],
    [[]],
    [{ nodes: 'x' }],
    [{ nodes: { x: 1 } }],
    [{ nodes: 1 }],
    [{ nodes: [null, { id: 'x' }] }],
    [{ nodes: ['x'] }],
    [{ nodes: [{ id: [] }] }],
    [{ nodes, edges: null }],
    [{ nodes, edges: 'x' }],
    [{ nodes, edges: 0 }],
    [{ nodes, edges: [null] }],
    [{ nodes, edges: [{ source: [], target: 'x' }] }],
    [{ nodes, edges: [{ source: 'x', target: {} }] }],
    [{ nodes, edges: [{ source: 'x', target: 'y', data: null }] }],
  ])('is refused when a branch is %j', (bad) => {
    expect(() => partitionWorkflow(draw([], { g: group(bad) }))).toThrow(
      expect.objectContaining({ code: 'WORKFLOW_INVALID' }),
    );
  });

  test.each([[{ nodes: {} }], [{ nodes: null }], [{ nodes: '' }], [{ edges: 'x' }], [{ nodes: [], edges: [null] }]])(
    'has an empty branch where a branch is %j, and its edges do not matter',
    (empty) => {
      expect(partitionWorkflow(draw([], { g: group(empty) })).partitionMap).toMatchObject([
        { branches: [{ branch_id: 'B0', partition_map: [], target_node: null }] },
        {},
      ]);
    },
  );

  test.each([[{}], ['']])('has a segment without edges where the edges of a branch are %j', (edges) => {
    expect(partitionWorkflow(draw([], { g: group({ nodes, edges }) })).partitionMap).toMatchObject([
      { branches: [{ partition_map: [{ edges: [], outgoing_edges: [], node_ids: ['x'] }], target_node: 'x' }] },
      {},
    ]);
  });
});
