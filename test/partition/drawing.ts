import { partitionWorkflow } from '../../src/partition/index.js';
import type { Segment } from '../../src/partition/index.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * A workflow from a drawing: `a > b` is an edge, `a > b : hitp` one with a type. Nodes not described in `nodes` are
 * plain operators; the order of nodes is that of `nodes`, then that of first mention.
 */
export function draw(
  edges: readonly string[],
  nodes: Readonly<Record<string, Json>> = {},
): { nodes: Json[]; edges: Json[] } {
  const parsed = edges.map(parseEdge);
  const ids = new Set([...Object.keys(nodes), ...parsed.flatMap((edge) => [edge.source, edge.target])]);
  return { nodes: [...ids].map((id) => ({ id, type: 'operator', ...nodes[id] })), edges: parsed };
}

function parseEdge(text: string): { source: string; target: string; type?: string } {
  const [ends = '', type] = text.split(' : ');
  const [source = '', target = ''] = ends.split(' > ');
  return type === undefined ? { source, target } : { source, target, type };
}

/** The partition of a workflow, a line a segment, branches indented: what the tests compare. */
export function outline(workflow: unknown): string[] {
  return lines(partitionWorkflow(workflow).partitionMap);
}

function lines(list: readonly Segment[]): string[] {
  return list.flatMap((segment) => {
    const head = [segment.id, segment.type, ...segment.node_ids].join(' ');
    if (segment.type !== 'parallel_group') return [`${head} -> ${way(segment)}`];
    const branches = segment.branches.flatMap((branch) => [
      `  ${String(branch.branch_id)} at ${String(branch.target_node)}${branch.terminates_early === true ? ', early end' : ''}`,
      ...lines(branch.partition_map).map((line) => `    ${line}`),
    ]);
    return [`${head} -> ${way(segment)}`, ...branches];
  });
}

function way(segment: Segment): string {
  const target = 'implicit_aggregator_target' in segment ? `, then ${String(segment.implicit_aggregator_target)}` : '';
  switch (segment.next_mode) {
    case 'default':
      return String(segment.default_next);
    case 'conditional':
      return segment.branches.map(({ condition, next }) => `${String(condition)}? ${next}`).join(', ');
    case 'implicit_aggregator':
      return `aggregator ${segment.parent_aggregator}`;
    case 'end':
      return `end${target}`;
  }
}
