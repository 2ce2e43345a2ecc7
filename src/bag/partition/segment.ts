import { equalityKey } from './edge-key.js';
import { edgesFrom } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import { topologicalOrder } from './order.js';
import { describeOutgoing } from './outgoing-edge.js';
import type { Edge } from './read.js';
import type { JsonObject, NodeId, NodeSegmentBody } from './types.js';

/** Hands out segment ids: 0, 1, 2, … in order of creation, shared by all levels of a map. */
export type IdSource = () => number;

export function countFromZero(): IdSource {
  let next = 0;
  return () => next++;
}

/**
 * The nodes of a segment to be, in the order they were met, and the edges it brings along (a declared branch has its
 * own).
 */
export interface SegmentContent {
  readonly type: NodeSegmentBody['type'];
  readonly nodes: ReadonlyMap<NodeId, JsonObject>;
  readonly ownEdges?: readonly Edge[];
}

/** Make a segment of some nodes: its inner edges, the edges that leave it, and its nodes in the order they will run. */
export function buildSegment(graph: WorkflowGraph, takeId: IdSource, content: SegmentContent): NodeSegmentBody {
  const { nodes, ownEdges = [] } = content;
  const touching = [...nodes.keys()].flatMap((id) => edgesFrom(graph, id)).sort((a, b) => a.position - b.position);
  const inner = withoutRepeats(
    ownEdges,
    touching.filter((edge) => has(nodes, edge.target)),
  );
  const leaving = touching.filter((edge) => !has(nodes, edge.target));
  const order = topologicalOrder([...nodes.keys()], inner);
  return {
    id: takeId(),
    nodes: order.map((id) => runnable(nodes.get(id)!)),
    edges: inner.map((edge) => edge.value),
    outgoing_edges: leaving.map((edge) => describeOutgoing(edge.value)),
    type: content.type === 'normal' && [...nodes.values()].some(asksPerson) ? 'hitp' : content.type,
    node_ids: order,
  };
}

function has(nodes: ReadonlyMap<NodeId, JsonObject>, id: NodeId | null): boolean {
  return id !== null && nodes.has(id);
}

/** `own` as it is, then those of `more` that equal nothing listed before them. */
function withoutRepeats(own: readonly Edge[], more: readonly Edge[]): Edge[] {
  if (more.length === 0) return [...own];
  const known = new Set(own.map((edge) => equalityKey(edge.value)));
  const fresh = more.filter((edge) => {
    const before = known.size;
    return known.add(equalityKey(edge.value)).size > before;
  });
  return [...own, ...fresh];
}

/** Runners know `code` nodes by the name `operator`. The node given is left as it is. */
function runnable(node: JsonObject): JsonObject {
  return node.type === 'code' ? { ...node, type: 'operator' } : node;
}

function asksPerson(node: JsonObject): boolean {
  return node.hitp === true || node.hitp === 'true';
}
