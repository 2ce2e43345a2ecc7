import { BagError } from '../../errors.js';
import type { Edge } from './read.js';
import { isJsonObject, parseEdges, parseList, parseNodes, refuse } from './read.js';
import type { JsonObject, NodeId } from './types.js';

/** Most nodes a workflow may have. */
const MAX_NODES = 500;

/**
 * A workflow as a graph. Edges are grouped by the end they name, whether or not a node of that name exists, so
 * `outgoing` and `incoming` may hold ids that `nodes` does not know. Maps, because a node may be called `__proto__`.
 */
export interface WorkflowGraph {
  readonly nodes: ReadonlyMap<NodeId, JsonObject>;
  readonly edges: readonly Edge[];
  readonly outgoing: ReadonlyMap<NodeId | null, readonly Edge[]>;
  readonly incoming: ReadonlyMap<NodeId | null, readonly Edge[]>;
}

/** @throws BagError `WORKFLOW_INVALID` or `WORKFLOW_TOO_LARGE`. */
export function parseGraph(workflowConfig: unknown): WorkflowGraph {
  if (!isJsonObject(workflowConfig)) return refuse('', 'must be an object');
  // A workflow without any list of nodes is more likely a pointer or something else taken for one.
  if (!Array.isArray(workflowConfig.nodes)) return refuse('/nodes', 'must be a list');
  const nodes = parseNodes(workflowConfig.nodes, '/nodes');
  requireSize(nodes.size);
  const edges = parseEdges(parseList(workflowConfig.edges, '/edges'), '/edges');
  return { nodes, edges, outgoing: groupBy(edges, 'source'), incoming: groupBy(edges, 'target') };
}

export function edgesFrom(graph: WorkflowGraph, id: NodeId | null): readonly Edge[] {
  return graph.outgoing.get(id) ?? [];
}

export function edgesInto(graph: WorkflowGraph, id: NodeId | null): readonly Edge[] {
  return graph.incoming.get(id) ?? [];
}

function requireSize(count: number): void {
  if (count <= MAX_NODES) return;
  const message = `The workflow has ${count} nodes, more than ${MAX_NODES}`;
  throw new BagError('WORKFLOW_TOO_LARGE', message, { context: { path: '/nodes', count } });
}

function groupBy(edges: readonly Edge[], end: 'source' | 'target'): Map<NodeId | null, Edge[]> {
  const groups = new Map<NodeId | null, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(edge[end]);
    if (group === undefined) groups.set(edge[end], [edge]);
    else group.push(edge);
  }
  return groups;
}
