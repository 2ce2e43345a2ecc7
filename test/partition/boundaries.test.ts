import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../src/json/index.js';
import { partitionWorkflow } from '../../src/partition/index.js';
import { draw, outline } from './drawing.js';

describe('where one segment ends and the next begins', () => {
  test('a straight line of plain nodes is one segment', () => {
    expect(outline(draw(['a > b', 'b > c']))).toEqual(['0 normal a b c -> end']);
  });

  test.each(['hitp', 'human_in_the_loop', 'pause'])(
    'a node behind an edge of type %s is a segment of its own, typed hitp',
    (type) => {
      expect(outline(draw(['a > b', `b > c : ${type}`, 'c > d', 'd > e']))).toEqual([
        '0 normal a b -> 1',
        '1 hitp c -> 2',
        '2 normal d e -> end',
      ]);
    },
  );

  test.each(['llm_chat', 'aiModel'])('a node of type %s is a segment of its own, typed llm', (type) => {
    expect(outline(draw(['a > b', 'b > c'], { a: {}, b: { type } }))).toEqual([
      '0 normal a -> 1',
      '1 llm b -> 2',
      '2 normal c -> end',
    ]);
  });

  test('other node types that call a model stay where they are', () => {
    expect(outline(draw(['a > b'], { a: {}, b: { type: 'openai_chat' } }))).toEqual(['0 normal a b -> end']);
  });

  test('a pause before a model makes the segment hitp, not llm', () => {
    expect(outline(draw(['a > b : hitp'], { a: {}, b: { type: 'llm_chat' } }))).toEqual([
      '0 normal a -> 1',
      '1 hitp b -> end',
    ]);
  });

  test('a node that two edges enter starts a segment, which goes on with what follows', () => {
    expect(outline(draw(['a > c', 'b > c', 'c > d']))).toEqual([
      '0 normal a b -> default? 1, default? 1',
      '1 normal c d -> end',
    ]);
  });

  test('unconnected beginnings share a segment as long as nothing ends it', () => {
    expect(outline(draw([], { c: {}, a: {}, b: {} }))).toEqual(['0 normal a b c -> end']);
  });

  test.each([true, 'true', 1, new ExactNumber('1.0')])(
    'a plain segment with a node flagged hitp %j is typed hitp',
    (hitp) => {
      expect(outline(draw(['a > b'], { a: {}, b: { hitp } }))).toEqual(['0 hitp a b -> end']);
    },
  );

  test.each([false, 'false', 'True', 'yes', '1', 0, 2, null, [true], { a: true }])(
    'a flag hitp %j changes nothing',
    (hitp) => {
      expect(outline(draw(['a > b'], { a: {}, b: { hitp } }))).toEqual(['0 normal a b -> end']);
    },
  );

  test('the flag does not retype a model segment', () => {
    expect(outline(draw([], { a: { type: 'aiModel', hitp: true } }))).toEqual(['0 llm a -> end']);
  });

  test('start_node is not looked at', () => {
    expect(outline({ ...draw(['a > b']), start_node: 'b' })).toEqual(['0 normal a b -> end']);
  });
});

describe('what a segment holds', () => {
  test('its keys come in the legacy order', () => {
    const [first] = partitionWorkflow(draw(['a > b : hitp'])).partitionMap;
    expect(Object.keys(first!)).toEqual([
      'id',
      'nodes',
      'edges',
      'outgoing_edges',
      'type',
      'node_ids',
      'next_mode',
      'default_next',
    ]);
  });

  test('a code node is handed over as an operator, its other members and their order kept, and the input untouched', () => {
    const workflow = { nodes: [{ first: 1, type: 'code', id: 'a', last: 2 }] };
    expect(JSON.stringify(partitionWorkflow(workflow).partitionMap[0])).toContain(
      '{"first":1,"type":"operator","id":"a","last":2}',
    );
    expect(workflow.nodes[0]?.type).toBe('code');
  });

  test('edges inside it are kept as they are, edges that leave it are retold with null for what they do not say', () => {
    const inside = { source: 'a', target: 'b', custom: { kept: true } };
    const [first] = partitionWorkflow({
      ...draw(['a > b']),
      edges: [inside, { source: 'b', target: 'nowhere' }],
    }).partitionMap;
    expect(first).toMatchObject({ edges: [inside] });
    expect(JSON.stringify(first)).toContain(
      '"outgoing_edges":[{"source_node":"b","target_node":"nowhere","edge_type":"normal","condition":null,"is_loop_exit":false,' +
        '"is_back_edge":false,"router_func":null,"mapping":null,' +
        '"metadata":{"label":null,"style":null,"animated":null,"edgeType":null,"loopType":null}}]',
    );
  });

  test('what a leaving edge says is passed on', () => {
    const edge = {
      source: 'a',
      target: 'x',
      type: 'conditional',
      condition: 'n > 1',
      router_func: 'route',
      mapping: { yes: 'x' },
      label: 'L',
      style: {},
      animated: true,
      data: { isLoopExit: true, isBackEdge: true, edgeType: 'loop_exit', loopType: 'for_each' },
    };
    const [first] = partitionWorkflow({ nodes: [{ id: 'a' }], edges: [edge] }).partitionMap;
    expect(first).toMatchObject({
      outgoing_edges: [
        {
          source_node: 'a',
          target_node: 'x',
          edge_type: 'conditional',
          condition: 'n > 1',
          is_loop_exit: true,
          is_back_edge: true,
          router_func: 'route',
          mapping: { yes: 'x' },
          metadata: { label: 'L', style: {}, animated: true, edgeType: 'loop_exit', loopType: 'for_each' },
        },
      ],
    });
  });

  test('leaving edges are listed in the order of the workflow, not of the nodes', () => {
    const workflow = draw(['b > x', 'a > y'], { a: {}, b: {} });
    const { partitionMap } = partitionWorkflow({ ...workflow, nodes: workflow.nodes.slice(0, 2) });
    expect(partitionMap).toMatchObject([
      { node_ids: ['a', 'b'], outgoing_edges: [{ source_node: 'b' }, { source_node: 'a' }] },
    ]);
  });
});
