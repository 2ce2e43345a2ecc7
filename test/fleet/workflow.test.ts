import { describe, expect, it } from 'vitest';
import { SHAPES } from '../../examples/fleet/blocks.js';
import { seededRandom } from '../../examples/fleet/random.js';
import { compactSize, serialise } from '../../examples/fleet/serialise.js';
import { HEADLINE, MID } from '../../examples/fleet/sizes.js';
import { makeWorkflow } from '../../examples/fleet/workflow.js';
import type { Workflow, WorkflowOptions } from '../../examples/fleet/workflow.js';

interface Edge {
  source: string;
  target: string;
  type: string;
  condition?: string;
}

interface Segment {
  id: number;
  type: string;
  nodes?: { id: string; type: string; config: object }[];
  node_ids: string[];
  branches?: { next?: number; condition?: string; partition_map?: Segment[] }[];
  default_next?: number | null;
  next_mode: string;
  source_parallel_group?: number;
}

function make(options: Partial<WorkflowOptions> = {}): Workflow {
  return makeWorkflow({ random: seededRandom(11), workflowId: 'wf-test', ...options });
}

function configOf(workflow: Workflow): { nodes: { id: string; type: string }[]; edges: Edge[]; start_node: string } {
  return JSON.parse(serialise(workflow.config, 'compact')) as ReturnType<typeof configOf>;
}

function mapOf(workflow: Workflow): Segment[] {
  return JSON.parse(serialise(workflow.map, 'compact')) as Segment[];
}

/** All segments, those inside branches too. */
function everySegment(segments: readonly Segment[]): Segment[] {
  return segments.flatMap((segment) => [
    segment,
    ...(segment.branches ?? []).flatMap((branch) => everySegment(branch.partition_map ?? [])),
  ]);
}

describe.each(SHAPES)('a %s workflow', (shape) => {
  const workflow = make({ shape, segments: 17, nodes: 24 });
  const all = everySegment(mapOf(workflow));

  it('has as many segments as asked', () => {
    expect(mapOf(workflow)).toHaveLength(17);
  });

  it('has edges between nodes it has, and a start node nothing leads to', () => {
    const { nodes, edges, start_node } = configOf(workflow);
    const ids = new Set(nodes.map((node) => node.id));
    expect(ids.size).toBe(nodes.length);
    for (const edge of edges) expect([ids.has(edge.source), ids.has(edge.target)]).toEqual([true, true]);
    expect(edges.some((edge) => edge.target === start_node)).toBe(false);
  });

  it('runs every node of its config in exactly one segment', () => {
    const run = all.flatMap((segment) => segment.node_ids).sort();
    const inner = all
      .filter((segment) => segment.type !== 'parallel_group')
      .flatMap((segment) => segment.nodes?.map((node) => node.id) ?? []);
    const groups = configOf(workflow)
      .nodes.filter((node) => node.type === 'parallel_group')
      .map((node) => node.id);
    expect(new Set(run).size).toBe(run.length);
    expect(run).toEqual([...inner, ...groups].sort());
    for (const node of configOf(workflow).nodes) expect(run).toContain(node.id);
  });

  it('gives ids from one counter, and every link leads to one of them', () => {
    const ids = all.map((segment) => segment.id);
    expect([...ids].sort((a, b) => a - b)).toEqual(ids.map((_, at) => at));
    const links = all.flatMap((segment) => [
      segment.default_next,
      ...(segment.branches ?? []).map((branch) => branch.next),
    ]);
    for (const link of links.filter((next) => typeof next === 'number')) expect(ids).toContain(link);
  });

  it('is the same for the same seed', () => {
    const again = make({ shape, segments: 17, nodes: 24 });
    expect(serialise(again.config, 'compact')).toBe(serialise(workflow.config, 'compact'));
    expect(serialise(again.map, 'compact')).toBe(serialise(workflow.map, 'compact'));
  });

  it.each([
    ['headline', HEADLINE],
    ['mid', MID],
  ] as const)('comes out at the %s sizes', (_name, size) => {
    const sized = make({ ...size, shape });
    expect(compactSize(sized.config)).toBeCloseTo(size.configBytes, -1);
    expect(compactSize(sized.map)).toBeCloseTo(size.mapBytes, -1);
    expect(mapOf(sized)).toHaveLength(size.segments);
  });
});

describe('makeWorkflow', () => {
  it('writes map entries in the members and the order of the legacy partitioner', () => {
    const [first, second] = make({ shape: 'chain' }).entries;
    const members = ['id', 'nodes', 'edges', 'outgoing_edges', 'type', 'node_ids', 'next_mode', 'default_next'];
    expect(Object.keys(first!)).toEqual(members);
    expect(Object.keys(second!)).toEqual(members);
  });

  it('pauses where an edge says so, and only there', () => {
    const workflow = make({ shape: 'hitp', segments: 12 });
    const paused = configOf(workflow)
      .edges.filter((edge) => edge.type === 'hitp')
      .map((edge) => edge.target);
    const segments = mapOf(workflow).filter((segment) => segment.type === 'hitp');
    expect(paused.length).toBeGreaterThan(0);
    expect(segments.flatMap((segment) => segment.node_ids)).toEqual(paused);
    expect(workflow.hitpSegments).toBe(paused.length);
  });

  it('forks into a group whose branches hold their own maps, and joins in an aggregator', () => {
    const map = mapOf(make({ shape: 'fanout', segments: 6 }));
    const at = map.findIndex((segment) => segment.type === 'parallel_group');
    const [fork, group, aggregator] = [map[at - 1]!, map[at]!, map[at + 1]!];
    expect(fork.next_mode).toBe('conditional');
    expect(fork.branches!.map((branch) => branch.next)).toEqual(
      group.branches!.map((branch) => branch.partition_map![0]!.id),
    );
    expect(group.branches!.map((branch) => branch.partition_map!.length)).toEqual([2, 1]);
    expect(group.default_next).toBe(aggregator.id);
    expect(aggregator.source_parallel_group).toBe(group.id);
    expect(aggregator.default_next).toBe(map[at + 2]!.id);
  });

  it('keeps the branches of an inline group in its node and in its segment', () => {
    const workflow = make({ shape: 'inline-group', segments: 5 });
    const group = mapOf(workflow).find((segment) => segment.type === 'parallel_group')!;
    const node = configOf(workflow).nodes.find((candidate) => candidate.type === 'parallel_group')!;
    expect(group.node_ids).toEqual([node.id]);
    expect(group.branches!.map((branch) => branch.partition_map![0]!.next_mode)).toEqual([
      'implicit_aggregator',
      'implicit_aggregator',
    ]);
  });

  it('lets code nodes run as operators', () => {
    const workflow = make({ shape: 'chain', segments: 41 });
    expect(configOf(workflow).nodes.some((node) => node.type === 'code')).toBe(true);
    expect(
      everySegment(mapOf(workflow))
        .flatMap((segment) => segment.nodes ?? [])
        .some((node) => node.type === 'code'),
    ).toBe(false);
  });

  it('refuses a shape that does not fit into the segments', () => {
    expect(() => make({ shape: 'fanout', segments: 4 })).toThrow(
      expect.objectContaining({ code: 'SEGMENTS_TOO_FEW' }) as Error,
    );
  });
});
