import { BagError } from '../../errors.js';
import { edgesFrom, edgesInto } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import type { NodeId } from './types.js';

/** How many of the stuck nodes an error names. */
const NAMED = 10;

/**
 * Refuse a workflow that cannot be put in order (Kahn's algorithm). Every edge into a node holds it back, one from
 * an unknown source for ever: such a workflow counts as cyclic too. Edges marked as going back get no exception.
 *
 * @throws BagError `WORKFLOW_CYCLE`, with the first nodes that never become free in `context.nodes`.
 */
export function requireAcyclic(graph: WorkflowGraph): void {
  const held = new Map([...graph.nodes.keys()].map((id) => [id, edgesInto(graph, id).length]));
  const free = new Set([...held].filter(([, edges]) => edges === 0).map(([id]) => id));
  // A set may grow while it is iterated: it serves as the queue.
  for (const id of free) {
    for (const { target } of edgesFrom(graph, id)) if (release(held, target)) free.add(target);
  }
  if (free.size === graph.nodes.size) return;
  const stuck = [...graph.nodes.keys()].filter((id) => !free.has(id));
  throw cycleError(stuck);
}

function release(held: Map<NodeId, number>, target: NodeId | null): target is NodeId {
  const edges = target === null ? undefined : held.get(target);
  if (target === null || edges === undefined) return false;
  held.set(target, edges - 1);
  return edges === 1;
}

function cycleError(stuck: readonly NodeId[]): BagError {
  const nodes = stuck.slice(0, NAMED);
  const message = `The workflow has a cycle, or an edge from a node that does not exist; never free: ${nodes.join(', ')}`;
  return new BagError('WORKFLOW_CYCLE', message, { context: { path: '/edges', nodes, count: stuck.length } });
}
