import type { Edge } from './read.js';
import type { NodeId } from './types.js';

/**
 * Topological order of the ids along those edges that join two of them; among the nodes that are ready the smallest
 * id comes first. Nodes that never become ready (the edges run in a circle) follow in the order they were given.
 */
export function topologicalOrder(ids: readonly NodeId[], edges: readonly Edge[]): NodeId[] {
  const { held, after } = dependencies(ids, edges);
  const ready = ids.filter((id) => held.get(id) === 0).sort(descending);
  const ordered = new Set<NodeId>();
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    ordered.add(id);
    for (const next of after.get(id) ?? []) {
      held.set(next, held.get(next)! - 1);
      if (held.get(next) === 0) insert(ready, next);
    }
  }
  return [...ordered, ...ids.filter((id) => !ordered.has(id))];
}

/**
 * Strings by code point, as Python compares them (UTF-16 order differs above U+FFFF); numbers by size, before strings.
 */
export function compareIds(a: NodeId, b: NodeId): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  return typeof b === 'number' ? 1 : compareCodePoints(a, b);
}

function dependencies(
  ids: readonly NodeId[],
  edges: readonly Edge[],
): { held: Map<NodeId, number>; after: Map<NodeId, NodeId[]> } {
  const held = new Map(ids.map((id) => [id, 0]));
  const after = new Map<NodeId, NodeId[]>(ids.map((id) => [id, []]));
  for (const { source, target } of edges) {
    if (source === null || target === null || !held.has(source) || !held.has(target)) continue;
    held.set(target, held.get(target)! + 1);
    after.get(source)!.push(target);
  }
  return { held, after };
}

/** Largest first, so that the smallest is popped off the end. */
function descending(a: NodeId, b: NodeId): number {
  return compareIds(b, a);
}

function insert(ready: NodeId[], id: NodeId): void {
  let [low, high] = [0, ready.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (descending(ready[middle]!, id) < 0) low = middle + 1;
    else high = middle;
  }
  ready.splice(low, 0, id);
}

function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length) {
    const [left, right] = [a.codePointAt(i)!, b.codePointAt(i)!];
    if (left !== right) return left - right;
    i += left > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}
