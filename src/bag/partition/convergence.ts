import { edgesFrom, edgesInto } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import type { NodeId } from './types.js';

/**
 * Where the branches of a fork meet again: the first node, breadth first from the fork's targets, that more than one
 * edge of any type enters and that is not itself a target. Null when there is none. It is a guess by shape: the node
 * need not be reachable from every branch, and may have been reached before or lie outside the workflow.
 */
export function findConvergence(graph: WorkflowGraph, targets: readonly (NodeId | null)[]): NodeId | null {
  const own = new Set(targets);
  const reached = new Set(targets);
  // A set may grow while it is iterated: it serves as the queue.
  for (const id of reached) {
    if (!own.has(id) && edgesInto(graph, id).length > 1) return id;
    for (const edge of edgesFrom(graph, id)) reached.add(edge.target);
  }
  return null;
}
