import { edgesFrom, edgesInto } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import type { JsonObject, NodeId } from './types.js';

/** Edge types that ask a person before the target runs. */
const HITP_EDGES: ReadonlySet<unknown> = new Set(['hitp', 'human_in_the_loop', 'pause']);

/** Node types that call a language model and get a segment of their own. */
const LLM_NODES: ReadonlySet<unknown> = new Set(['llm_chat', 'aiModel']);

export function isHitpStart(graph: WorkflowGraph, id: NodeId): boolean {
  return edgesInto(graph, id).some((edge) => HITP_EDGES.has(edge.value.type));
}

export function isLlm(graph: WorkflowGraph, id: NodeId): boolean {
  return LLM_NODES.has(graph.nodes.get(id)?.type);
}

export function isFork(graph: WorkflowGraph, id: NodeId): boolean {
  return edgesFrom(graph, id).length > 1;
}

/** The branches a node declares itself, or null when it is an ordinary node. */
export function inlineBranches(node: JsonObject | undefined): readonly unknown[] | null {
  const declared = node?.type === 'parallel_group' && Array.isArray(node.branches) && node.branches.length > 0;
  return declared ? (node.branches as readonly unknown[]) : null;
}

/**
 * Whether what was collected before this node must become a segment before the node is looked at. The node where the
 * branches of a fork meet needs no rule of its own: it has several edges into it, which already makes it a start.
 */
export function startsSegment(graph: WorkflowGraph, id: NodeId): boolean {
  return (
    isHitpStart(graph, id) ||
    isLlm(graph, id) ||
    isMerge(graph, id) ||
    isFork(graph, id) ||
    inlineBranches(graph.nodes.get(id)) !== null
  );
}

/** Pauses do not count as merging, but a node behind one is a start by that alone, so all edges may be counted. */
function isMerge(graph: WorkflowGraph, id: NodeId): boolean {
  return edgesInto(graph, id).length > 1;
}
