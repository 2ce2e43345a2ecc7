import { describe, expect, test } from 'vitest';
import { partitionWorkflow } from '../../src/partition/index.js';
import { draw, outline } from './drawing.js';

describe('the links between segments', () => {
  test('carry the condition of the edge, also null and empty text, and "default" where it has none', () => {
    const edges = [
      { source: 'a', target: 'x', condition: 'n > 1' },
      { source: 'a', target: 'y', condition: null },
      { source: 'a', target: 'z', condition: '' },
      { source: 'a', target: 'w' },
    ];
    const workflow = { ...draw([], { a: {}, x: {}, y: {}, z: {}, w: {} }), edges };
    expect(partitionWorkflow(workflow).partitionMap[0]).toMatchObject({
      next_mode: 'conditional',
      branches: [
        { condition: 'n > 1', next: 1 },
        { condition: null, next: 2 },
        { condition: '', next: 3 },
        { condition: 'default', next: 4 },
      ],
    });
  });

  test('leave default_next out of a conditional segment', () => {
    const [first] = partitionWorkflow(draw(['f > a', 'f > b'])).partitionMap;
    expect(Object.keys(first!).slice(-2)).toEqual(['next_mode', 'branches']);
  });

  test('are taken node by node in running order, each node in edge order', () => {
    const edges = [
      { source: 'c', target: 'm', condition: 'first in list' },
      { source: 'b', target: 'm', condition: 'first to run' },
    ];
    expect(outline({ ...draw([], { c: {}, b: {}, m: {} }), edges })[0]).toBe(
      '0 normal b c -> first to run? 1, first in list? 1',
    );
  });

  test('name ids, which differ from positions once a group was made', () => {
    const { partitionMap } = partitionWorkflow(draw(['f > a', 'f > b', 'a > m', 'b > m']));
    expect(partitionMap.map((segment) => segment.id)).toEqual([0, 3, 4, 5]);
    expect(partitionMap[2]).toMatchObject({ next_mode: 'default', default_next: 5 });
  });

  test('follow the later segment when a node id turns up twice', () => {
    const branches = [{ nodes: [{ id: 'z' }] }];
    const workflow = draw(['a > z', 'z > g'], {
      a: {},
      z: { type: 'aiModel' },
      g: { type: 'parallel_group', branches },
    });
    expect(outline(workflow)).toEqual([
      '0 normal a -> 2',
      '1 llm z -> 3',
      '3 parallel_group g -> 4',
      '  B0 at z',
      '    2 normal z -> 3',
      '4 aggregator -> end',
    ]);
  });
});

describe('the counts', () => {
  test('take the top list for the total and every level for the rest', () => {
    const branches = [{ nodes: [{ id: 'v' }, { id: 'w', hitp: true }] }, null, {}];
    const workflow = draw(['s > f', 'f > a : pause', 'f > b', 'b > g'], {
      s: {},
      b: { type: 'llm_chat' },
      g: { type: 'parallel_group', branches },
    });
    expect(partitionWorkflow(workflow).counts).toEqual({
      total_segments: 4,
      llm_segments: 1,
      hitp_segments: 2,
      parallel_groups: 2,
      total_branches: 4,
    });
  });

  test('never say fewer than one segment in total', () => {
    expect(partitionWorkflow({ nodes: [] })).toEqual({
      partitionMap: [],
      counts: { total_segments: 1, llm_segments: 0, hitp_segments: 0, parallel_groups: 0, total_branches: 0 },
    });
  });
});

test('the example of docs/partitioning.md is cut as told there', () => {
  const edges = ['prep > split', 'split > left', 'split > right', 'left > join', 'right > join', 'join > done'];
  const workflow = draw(edges, { prep: {}, split: {}, left: {}, right: { type: 'llm_chat' }, join: {}, done: {} });
  expect(outline(workflow)).toEqual([
    '0 normal prep -> 1',
    '1 normal split -> default? 2, default? 3',
    '4 parallel_group -> 5',
    '  B0 at left',
    '    2 normal left -> 6',
    '  B1 at right',
    '    3 llm right -> 6',
    '5 aggregator -> 6',
    '6 normal join done -> end',
  ]);
  expect(Object.values(partitionWorkflow(workflow).counts)).toEqual([5, 1, 0, 1, 2]);
});
