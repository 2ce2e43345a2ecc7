import { describe, expect, test } from 'vitest';
import { partitionWorkflow } from '../../src/partition/index.js';
import { draw, outline } from './drawing.js';

describe('a fork', () => {
  test('becomes a segment, a group with a branch for each edge, and an aggregator that goes on where they meet', () => {
    expect(outline(draw(['s > f', 'f > a', 'f > b', 'a > m', 'b > m', 'm > z']))).toEqual([
      '0 normal s -> 1',
      '1 normal f -> default? 2, default? 3',
      '4 parallel_group -> 5',
      '  B0 at a',
      '    2 normal a -> 6',
      '  B1 at b',
      '    3 normal b -> 6',
      '5 aggregator -> 6',
      '6 normal m z -> end',
    ]);
  });

  test('whose branches never meet ends at its aggregator, and the branches return to it', () => {
    expect(outline(draw(['f > a', 'f > b']))).toEqual([
      '0 normal f -> default? 1, default? 2',
      '3 parallel_group -> 4',
      '  B0 at a',
      '    1 normal a -> aggregator 4',
      '  B1 at b',
      '    2 normal b -> aggregator 4',
      '4 aggregator -> end',
    ]);
  });

  test('is a plain segment even when its node calls a model behind a pause', () => {
    expect(outline(draw(['s > f : hitp', 'f > a', 'f > b'], { s: {}, f: { type: 'llm_chat' } }))[1]).toBe(
      '1 normal f -> default? 2, default? 3',
    );
  });

  test('group and aggregator have their keys in the legacy order', () => {
    const [, group, aggregator] = partitionWorkflow(draw(['f > a', 'f > b', 'a > m', 'b > m'])).partitionMap;
    expect(Object.keys(group!)).toEqual([
      'id',
      'type',
      'branches',
      'node_ids',
      'branch_count',
      'next_mode',
      'default_next',
    ]);
    expect(Object.keys(aggregator!)).toEqual([
      'id',
      'type',
      'nodes',
      'edges',
      'node_ids',
      'convergence_node',
      'source_parallel_group',
      'next_mode',
      'default_next',
    ]);
    expect(aggregator).toMatchObject({ convergence_node: 'm', source_parallel_group: group?.id });
  });

  test('does not take one of its own targets for the place where branches meet', () => {
    expect(outline(draw(['f > a', 'f > b', 'a > b']))).toEqual([
      '0 normal f -> default? 1, default? 2',
      '3 parallel_group -> 4',
      '  B0 at a',
      '    1 normal a -> 2',
      '    2 normal b -> aggregator 4',
      '4 aggregator -> end',
    ]);
  });

  test('made of one edge told twice has one branch and two ways', () => {
    expect(outline(draw(['f > a', 'f > a']))).toEqual([
      '0 normal f -> default? 1, default? 1',
      '2 parallel_group -> 3',
      '  B0 at a',
      '    1 normal a -> aggregator 3',
      '3 aggregator -> end',
    ]);
  });

  test('to nodes that do not exist makes no group', () => {
    const workflow = {
      nodes: [{ id: 'f' }],
      edges: [
        { source: 'f', target: 'x' },
        { source: 'f', target: 'y' },
      ],
    };
    expect(outline(workflow)).toEqual(['0 normal f -> end']);
  });

  test('leaves out a branch that others already own, and the rest keep their number', () => {
    const workflow = {
      nodes: [{ id: 'f' }, { id: 'b' }],
      edges: [
        { source: 'f', target: 'x' },
        { source: 'f', target: 'b' },
      ],
    };
    expect(outline(workflow)).toEqual([
      '0 normal f -> 1',
      '2 parallel_group -> 3',
      '  B1 at b',
      '    1 normal b -> aggregator 3',
      '3 aggregator -> end',
    ]);
  });

  test('may meet at a node that does not exist, and then ends', () => {
    const { nodes, edges } = draw(['f > a', 'f > b', 'a > ghost', 'b > ghost']);
    const known = { nodes: nodes.filter((node) => node.id !== 'ghost'), edges };
    expect(outline(known).at(-1)).toBe('4 aggregator -> end');
    expect(partitionWorkflow(known).partitionMap.at(-1)).toMatchObject({ convergence_node: 'ghost' });
  });
});

describe('a fork inside a branch of a fork', () => {
  const nested = ['f > g', 'f > c', 'g > a', 'g > b', 'a > m', 'b > m', 'm > z', 'c > z'];

  test('has a group of its own, made before the outer one, and its aggregator goes on inside the branch', () => {
    expect(outline(draw(nested))).toEqual([
      '0 normal f -> default? 1, default? 7',
      '8 parallel_group -> 9',
      '  B0 at g',
      '    1 normal g -> default? 2, default? 3',
      '    4 parallel_group -> 5',
      '      B0 at a',
      '        2 normal a -> 6',
      '      B1 at b',
      '        3 normal b -> 6',
      '    5 aggregator -> 6',
      '    6 normal m -> 10',
      '  B1 at c',
      '    7 normal c -> 10',
      '9 aggregator -> 10',
      '10 normal z -> end',
    ]);
  });

  test('that ends there sends the branch back to the outer aggregator', () => {
    const { partitionMap } = partitionWorkflow(draw(['f > g', 'f > c', 'g > a', 'g > b']));
    expect(outline(draw(['f > g', 'f > c', 'g > a', 'g > b']))).toEqual([
      '0 normal f -> default? 1, default? 6',
      '7 parallel_group -> 8',
      '  B0 at g, early end',
      '    1 normal g -> default? 2, default? 3',
      '    4 parallel_group -> 5',
      '      B0 at a',
      '        2 normal a -> aggregator 5',
      '      B1 at b',
      '        3 normal b -> aggregator 5',
      '    5 aggregator -> end, then 8',
      '  B1 at c',
      '    6 normal c -> aggregator 8',
      '8 aggregator -> end',
    ]);
    expect(JSON.stringify(partitionMap)).toContain(
      '"next_mode":"end","default_next":null,"implicit_aggregator_target":8}],' +
        '"has_end":false,"target_node":"g","terminates_early":true}',
    );
  });

  test('stops only where its own branches meet, and may run over the meeting point of the outer fork', () => {
    expect(outline(draw(['f > g', 'f > c', 'g > a', 'g > b', 'a > z', 'c > z', 'b > y', 'a > y'])))
      .toMatchInlineSnapshot(`
      [
        "0 normal f -> default? 1, default? 10",
        "11 parallel_group -> 12",
        "  B0 at g",
        "    1 normal g -> default? 2, default? 7",
        "    8 parallel_group -> 9",
        "      B0 at a, early end",
        "        2 normal a -> default? 3, default? 4",
        "        5 parallel_group -> 6",
        "          B0 at z",
        "            3 normal z -> aggregator 6",
        "          B1 at y",
        "            4 normal y -> aggregator 6",
        "        6 aggregator -> end, then 9",
        "      B1 at b",
        "        7 normal b -> 4",
        "    9 aggregator -> 3",
        "  B1 at c",
        "    10 normal c -> 3",
        "12 aggregator -> 3",
      ]
    `);
  });
});
