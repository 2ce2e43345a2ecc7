import { describe, expect, test } from 'vitest';
import { BagError } from 'statebag-shim';
import { ExactNumber } from '../../src/json/index.js';
import { partitionWorkflow } from '../../src/partition/index.js';
import { draw, outline } from './drawing.js';

function codeOf(workflow: unknown): string {
  try {
    partitionWorkflow(workflow);
  } catch (error) {
    if (error instanceof BagError) return error.code;
    throw error;
  }
  return 'none';
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);

/** Forks in a row, each inside the first branch of the one before. */
function forksInForks(count: number): unknown {
  return draw(ids(count).flatMap((id, i) => [`${id} > n${i + 1}`, `${id} > side${i}`]));
}

describe('a workflow that cannot be read', () => {
  const pointer = { __s3_pointer__: true, bucket: 'b', key: 'k' };

  test.each([null, undefined, 'x', 7, true, {}, { nodes: null }, { nodes: {} }, pointer])(
    'is refused: %j',
    (workflow) => {
      expect(codeOf(workflow)).toBe('WORKFLOW_INVALID');
    },
  );

  test('is refused when it is a list', () => {
    expect(codeOf([{ id: 'a' }])).toBe('WORKFLOW_INVALID');
  });

  const end = (source: unknown, target: unknown) => [{ source, target }];

  test.each([
    [null],
    [0],
    [false],
    ['x'],
    [7],
    [{ a: 1 }],
    [[null]],
    [[['a', 'b']]],
    [[new ExactNumber('1.0')]],
    [end(['x'], 'a')],
    [end([], 'x')],
    [end({}, 'x')],
    [end('a', ['x'])],
    [end('a', [])],
    [end('a', 2 ** 53)],
    [[{ source: 'a', target: 'x', data: null }]],
    [[{ source: 'a', target: 'x', data: 'text' }]],
    [[{ target: 'a', type: [] }]],
  ])('is refused when its edges are %j', (edges) => {
    expect(codeOf({ nodes: [{ id: 'a' }], edges })).toBe('WORKFLOW_INVALID');
  });

  test.each([[{}], [[]], [['a']], [2 ** 53], [new ExactNumber('9007199254740993')], [new ExactNumber('1e400')]])(
    'is refused when a node has the id %j',
    (id) => {
      expect(codeOf({ nodes: [{ id }] })).toBe('WORKFLOW_INVALID');
    },
  );

  test.each([[[]], [{}]])('is refused when the type of a node is %j', (type) => {
    expect(codeOf({ nodes: [{ id: 'a', type }] })).toBe('WORKFLOW_INVALID');
  });

  test.each([
    [1, '1'],
    [null, 'a'],
    [null, 0],
  ])('is refused when the ids %j and %j would have to be put in order', (a, b) => {
    expect(codeOf({ nodes: [{ id: a }, { id: b }] })).toBe('WORKFLOW_INVALID');
  });

  test('is refused with the place in the context', () => {
    expect(() => partitionWorkflow({ nodes: [{ id: 'a' }, { id: {} }] })).toThrow(
      expect.objectContaining({ retryable: false, context: { path: '/nodes/1/id' } }),
    );
  });
});

describe('tolerated input', () => {
  test.each([[undefined], [[]], [{}], ['']])('edges may be %j', (edges) => {
    expect(outline({ nodes: [{ id: 'a' }], edges })).toEqual(['0 normal a -> end']);
  });

  test('nodes that are no objects or have no id are dropped', () => {
    expect(outline({ nodes: [null, 'x', 7, [], {}, { id: 'a' }] })).toEqual(['0 normal a -> end']);
  });

  test.each([[null], [0], [false]])('edges may be %j as long as every node declares its branches', (edges) => {
    const nodes = [{ id: 'g', type: 'parallel_group', branches: [{ nodes: [{ id: 'x' }] }] }];
    expect(outline({ nodes, edges })).toEqual([
      '1 parallel_group g -> 2',
      '  B0 at x',
      '    0 normal x -> aggregator 2',
      '2 aggregator -> end',
    ]);
  });

  test('a repeated id keeps its first place and its last value', () => {
    const { partitionMap } = partitionWorkflow({
      nodes: [
        { id: 'b', v: 1 },
        { id: 'a', type: 'aiModel' },
        { id: 'b', v: 2 },
      ],
    });
    expect(partitionMap).toMatchObject([{ nodes: [{ id: 'b', v: 2 }] }, { node_ids: ['a'] }]);
  });

  test('an edge may lack its ends or name nothing that could be a node', () => {
    expect(outline({ nodes: [{ id: 'a' }], edges: [{}, { source: 'a' }, { source: 'x', target: {} }] })).toEqual([
      '0 normal a -> end',
    ]);
  });

  test('ids may be numbers, which are not the texts that spell them', () => {
    const edges = [
      { source: 10, target: 9 },
      { source: 9, target: '10' },
    ];
    expect(outline({ nodes: [{ id: 10 }, { id: 9 }, { id: '10' }], edges })).toEqual(['0 normal 10 9 10 -> end']);
    expect(partitionWorkflow({ nodes: [{ id: 10 }, { id: 9 }] }).partitionMap[0]?.node_ids).toEqual([9, 10]);
  });

  test('ids may be names of what every object has', () => {
    const text =
      '{"nodes":[{"id":"__proto__"},{"id":"constructor"},{"id":"toString","__proto__":{"type":"aiModel"}},{"id":""}],' +
      '"edges":[{"source":"__proto__","target":"constructor"},{"source":"constructor","target":"toString"},{"source":"toString","target":""}]}';
    const { partitionMap } = partitionWorkflow(JSON.parse(text));
    expect(partitionMap).toMatchObject([{ node_ids: ['__proto__', 'constructor', 'toString', ''], type: 'normal' }]);
    expect(JSON.stringify(partitionMap)).toContain('"__proto__":{"type":"aiModel"}');
  });
});

describe('circles', () => {
  test.each([
    ['a node that leads to itself', ['a > a']],
    ['two nodes that lead to each other', ['s > a', 'a > b', 'b > a']],
  ])('%s is refused', (_, edges) => {
    expect(codeOf(draw(edges))).toBe('WORKFLOW_CYCLE');
  });

  test('an edge declared to go back is refused like any other', () => {
    const edges = [
      { source: 'a', target: 'b' },
      { source: 'b', target: 'a', data: { isBackEdge: true } },
    ];
    expect(codeOf({ nodes: [{ id: 'a' }, { id: 'b' }], edges })).toBe('WORKFLOW_CYCLE');
  });

  test.each([['ghost'], [7], [true]])('an edge from the unknown source %j into a node is refused', (source) => {
    expect(codeOf({ nodes: [{ id: 'a' }], edges: [{ source, target: 'a' }] })).toBe('WORKFLOW_CYCLE');
  });

  test('an edge told twice is no circle', () => {
    expect(codeOf(draw(['a > b', 'a > b']))).toBe('none');
  });

  test('the error names the nodes that never become free', () => {
    expect(() => partitionWorkflow(draw(['s > a', 'a > b', 'b > a']))).toThrow(
      expect.objectContaining({ context: { path: '/edges', nodes: ['a', 'b'], count: 2 } }),
    );
  });
});

describe('limits', () => {
  test('500 nodes are the most there may be, not counting repeated and dropped ones', () => {
    const nodes = ids(500).map((id) => ({ id }));
    expect(codeOf({ nodes: [...nodes, null, { id: 'n0' }] })).toBe('none');
    expect(codeOf({ nodes: [...nodes, { id: 'more' }] })).toBe('WORKFLOW_TOO_LARGE');
  });

  test('50 forks may lie inside each other', () => {
    expect(codeOf(forksInForks(50))).toBe('none');
    expect(codeOf(forksInForks(51))).toBe('WORKFLOW_TOO_DEEP');
  });

  test('one walk takes at most two steps per node, those to unknown nodes included', () => {
    const nodes = [{ id: 'g', type: 'parallel_group', branches: [{}] }];
    const edgesTo = (count: number): unknown[] => ids(count).map((target) => ({ source: 'g', target }));
    expect(codeOf({ nodes, edges: edgesTo(1) })).toBe('none');
    expect(codeOf({ nodes, edges: edgesTo(2) })).toBe('WORKFLOW_WALK_LIMIT');
  });

  test('a node waits in the queue once, however many edges lead to it', () => {
    const nodes = [{ id: 'g', type: 'parallel_group', branches: [{}] }];
    expect(codeOf({ nodes, edges: Array.from({ length: 20 }, () => ({ source: 'g', target: 'ghost' })) })).toBe('none');
  });

  /** Five declared groups in a row, each with edges to all of `targets` before the one to the next. */
  function groupsTo(targets: readonly string[]): ReturnType<typeof draw> {
    const groups = ids(5);
    const edges = groups.flatMap((id, i) =>
      [...targets, ...groups.slice(i + 1, i + 2)].map((target) => `${id} > ${target}`),
    );
    const declared = groups.map((id) => [id, { type: 'parallel_group', branches: [{}] }] as const);
    return draw(edges, Object.fromEntries(declared));
  }

  test('an unknown node counts again each time the walk comes back to it', () => {
    const [one, two] = [groupsTo(['x']), groupsTo(['x', 'y'])];
    expect(codeOf({ ...one, nodes: one.nodes.slice(0, 5) })).toBe('none');
    expect(codeOf({ ...two, nodes: two.nodes.slice(0, 5) })).toBe('WORKFLOW_WALK_LIMIT');
  });

  test('a node already visited is not queued again and does not count', () => {
    expect(codeOf(groupsTo(['w', 'x', 'y', 'z']))).toBe('none');
  });

  test('a deep value on an edge is compared up to 1,000 levels and refused beyond', () => {
    const nest = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const workflow = (levels: number): unknown => ({
      nodes: [{ id: 0 }, { id: '' }],
      edges: [
        { source: 0, target: '', deep: nest(levels) },
        { source: 0, target: '', deep: nest(levels) },
      ],
    });
    expect(codeOf(workflow(900))).toBe('none');
    expect(codeOf(workflow(100_000))).toBe('WORKFLOW_INVALID');
  });

  test('500 nodes with an edge between any two are cut without a look at every path', () => {
    const names = ids(500);
    const edges = names.flatMap((source, i) => names.slice(i + 1).map((target) => ({ source, target })));
    const start = performance.now();
    expect(codeOf({ nodes: names.map((id) => ({ id })), edges })).toBe('WORKFLOW_TOO_DEEP');
    expect(codeOf({ nodes: names.map((id) => ({ id })), edges: edges.filter((_, i) => i % 40 === 0) })).toMatch(
      /none|WORKFLOW_TOO_DEEP/,
    );
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
