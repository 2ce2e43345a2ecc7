import { formatExact } from '../json/index.js';
import { formatId, locateEnds, parseEdges, parseNodes, refuse } from './graph.js';
import type { Edge, Id, NodesByKey, WorkflowGraph } from './graph.js';
import { areComparable, compareIds, equalityKey, getMember, isHashable, isJsonObject, isTruthy } from './python.js';
import type {
  AggregatorBody,
  BranchDraft,
  GroupDraft,
  JsonObject,
  NodeId,
  NodeSegmentBody,
  OutgoingEdge,
} from './types.js';

/** Hands out segment ids: 0, 1, 2, … in order of creation, shared by all levels of a map. */
export type IdSource = () => number;

export function countFromZero(): IdSource {
  let next = 0;
  return () => next++;
}

/**
 * Make a segment of some nodes of the workflow, in the order they were met: the edges between them, no equal one
 * twice, the edges that leave them, and the nodes in the order they will run.
 *
 * @throws BagError `WORKFLOW_INVALID` for edges, ids or `data` that the legacy partitioner fails on.
 */
export function buildSegment(
  graph: WorkflowGraph,
  takeId: IdSource,
  type: NodeSegmentBody['type'],
  nodes: NodesByKey,
): NodeSegmentBody {
  if (graph.fault !== null) return refuse(graph.fault.path, graph.fault.message);
  const touching = [...nodes.keys()].flatMap((key) => graph.bySource.get(key) ?? []);
  touching.sort((a, b) => a.position - b.position);
  const inner = touching.filter((edge) => locateEnds(nodes, edge).ends);
  return toSegment(takeId, type, nodes, withoutRepeats(inner), findLeaving(nodes, touching));
}

/**
 * The branches that a `parallel_group` node declares. Each becomes one segment, however many nodes it has and
 * whatever they are; a branch without nodes stays, empty. A null is left out, but the ones after it keep their number.
 *
 * @throws BagError `WORKFLOW_INVALID` when a branch is neither an object nor null, or the legacy partitioner fails on
 *   its lists.
 */
export function declaredBranches(takeId: IdSource, group: Id, declared: readonly unknown[]): BranchDraft[] {
  return declared.flatMap((branch, index) => {
    if (branch === null) return [];
    const path = `node ${formatId(group.value)}/branches/${index}`;
    if (!isJsonObject(branch)) return refuse(path, 'must be an object');
    const nodes = getMember(branch, 'nodes', []);
    return [
      {
        branch_id: getMember(branch, 'id', `B${index}`),
        partition_map: declaredSegments(takeId, branch, nodes, path),
        has_end: false,
        target_node: isTruthy(nodes) ? firstId(nodes, path) : null,
      },
    ];
  });
}

/** The edges of a declared branch are its own: those of the workflow do not count, and none of its own is left out. */
function declaredSegments(takeId: IdSource, branch: JsonObject, list: unknown, path: string): NodeSegmentBody[] {
  if (!isTruthy(list)) return [];
  if (!Array.isArray(list)) return refuse(`${path}/nodes`, 'must be a list');
  const { nodes } = parseNodes(list, `${path}/nodes`);
  if (nodes.size === 0) return [];
  const edges = parseEdges(getMember(branch, 'edges', []), `${path}/edges`);
  return [toSegment(takeId, 'normal', nodes, edges, findLeaving(nodes, edges))];
}

/** The id of the first element of the list, null when it has none. */
function firstId(list: unknown, path: string): NodeId {
  const [first] = list as readonly unknown[];
  if (!isJsonObject(first)) return refuse(`${path}/nodes/0`, 'must be an object');
  return getMember(first, 'id') as NodeId;
}

/** A group and the aggregator that follows it in the same list. */
type GroupPair = readonly [GroupDraft, AggregatorBody];

/** A group declared by a node, which the group stands for. */
export function declaredGroup(takeId: IdSource, branches: readonly BranchDraft[], id: Id, node: JsonObject): GroupPair {
  const ids = { group: takeId(), aggregator: takeId() };
  const policy = { resource_policy: getMember(node, 'resource_policy', {}), label: getMember(node, 'label', '') };
  return [
    { ...groupHead(ids.group, branches, [id.value]), ...policy, next_mode: 'default', default_next: ids.aggregator },
    { ...aggregatorHead(ids.aggregator), source_parallel_group: ids.group },
  ];
}

/** A group made of what follows a fork. */
export function forkedGroup(takeId: IdSource, branches: readonly BranchDraft[], convergence: Id | null): GroupPair {
  const ids = { group: takeId(), aggregator: takeId() };
  const node = convergence === null ? null : convergence.value;
  return [
    { ...groupHead(ids.group, branches, []), next_mode: 'default', default_next: ids.aggregator },
    { ...aggregatorHead(ids.aggregator), convergence_node: node, source_parallel_group: ids.group },
  ];
}

type GroupHead = Omit<GroupDraft, 'next_mode' | 'default_next'>;

function groupHead(id: number, branches: readonly BranchDraft[], nodeIds: readonly NodeId[]): GroupHead {
  return { id, type: 'parallel_group', branches, node_ids: nodeIds, branch_count: branches.length };
}

function aggregatorHead(id: number): Omit<AggregatorBody, 'convergence_node' | 'source_parallel_group'> {
  return { id, type: 'aggregator', nodes: [], edges: [], node_ids: [] };
}

function toSegment(
  takeId: IdSource,
  type: NodeSegmentBody['type'],
  nodes: NodesByKey,
  inner: readonly Edge[],
  leaving: readonly Edge[],
): NodeSegmentBody {
  const outgoing = leaving.map(describeOutgoing);
  const order = topologicalOrder(nodes, inner);
  return {
    id: takeId(),
    nodes: order.map(toRunnable),
    edges: inner.map((edge) => edge.value),
    outgoing_edges: outgoing,
    type: type === 'normal' && [...nodes.values()].some(asksPerson) ? 'hitp' : type,
    node_ids: order.map((node) => node.id as NodeId),
  };
}

function findLeaving(nodes: NodesByKey, edges: readonly Edge[]): Edge[] {
  return edges.filter((edge) => {
    const { begins, ends } = locateEnds(nodes, edge);
    return begins && !ends;
  });
}

function withoutRepeats(edges: readonly Edge[]): readonly Edge[] {
  if (edges.length < 2) return edges;
  const known = new Set<string>();
  return edges.filter((edge) => {
    const before = known.size;
    return known.add(equalityKey(edge.value)).size > before;
  });
}

/** Retell an edge that leaves its segment, in the legacy spelling and key order. What the edge does not say is null. */
function describeOutgoing({ value: edge, list, position }: Edge): OutgoingEdge {
  const data = getMember(edge, 'data', {});
  if (!isJsonObject(data)) return refuse(`${list}/${position}/data`, 'must be an object');
  return {
    source_node: getMember(edge, 'source'),
    target_node: getMember(edge, 'target'),
    edge_type: getMember(edge, 'type', 'normal'),
    condition: getMember(edge, 'condition'),
    is_loop_exit: getMember(data, 'isLoopExit', false),
    is_back_edge: getMember(data, 'isBackEdge', false),
    router_func: getMember(edge, 'router_func'),
    mapping: getMember(edge, 'mapping'),
    metadata: {
      label: getMember(edge, 'label'),
      style: getMember(edge, 'style'),
      animated: getMember(edge, 'animated'),
      edgeType: getMember(data, 'edgeType'),
      loopType: getMember(data, 'loopType'),
    },
  };
}

/** Runners know `code` nodes by the name `operator`. The node given is left as it is. */
function toRunnable(node: JsonObject): JsonObject {
  return node.type === 'code' ? { ...node, type: 'operator' } : node;
}

/** True for what equals `True` or `"true"` in Python: 1 and 1.0 do. */
function asksPerson({ hitp }: JsonObject): boolean {
  if (hitp === undefined || !isHashable(hitp)) return false;
  return [true, 'true'].some((asking) => equalityKey(asking) === equalityKey(hitp));
}

/**
 * Nodes in topological order along those edges that join two of them; among the nodes that are ready the smallest id
 * comes first. Nodes that never become ready (the edges run in a circle) follow in the order they were given.
 *
 * @throws BagError `WORKFLOW_INVALID` when ids that are ready together have no order in Python, such as 1 and "1".
 */
function topologicalOrder(nodes: NodesByKey, edges: readonly Edge[]): JsonObject[] {
  const { held, after } = findDependencies(nodes, edges);
  const ready = new ReadyNodes(nodes);
  for (const [key, count] of held) if (count === 0) ready.insert(key);
  const ordered = new Set<string>();
  for (let key = ready.take(); key !== undefined; key = ready.take()) {
    ordered.add(key);
    for (const next of after.get(key) ?? []) {
      held.set(next, held.get(next)! - 1);
      if (held.get(next) === 0) ready.insert(next);
    }
  }
  return [...ordered, ...[...nodes.keys()].filter((key) => !ordered.has(key))].map((key) => nodes.get(key)!);
}

function findDependencies(
  nodes: NodesByKey,
  edges: readonly Edge[],
): { held: Map<string, number>; after: Map<string, string[]> } {
  const held = new Map([...nodes.keys()].map((key) => [key, 0]));
  const after = new Map<string, string[]>([...nodes.keys()].map((key) => [key, []]));
  for (const edge of edges.filter((each) => locateEnds(nodes, each).ends)) {
    const [source, target] = [edge.source.key!, edge.target.key!];
    held.set(target, held.get(target)! + 1);
    after.get(source)!.push(target);
  }
  return { held, after };
}

/** Nodes that may run next, the largest id first, so that the smallest is taken off the end. */
class ReadyNodes {
  readonly #nodes: NodesByKey;
  readonly #keys: string[] = [];

  constructor(nodes: NodesByKey) {
    this.#nodes = nodes;
  }

  insert(key: string): void {
    const id = this.#idFor(key);
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#idFor(this.#keys[middle]!), id) > 0) low = middle + 1;
      else high = middle;
    }
    this.#keys.splice(low, 0, key);
  }

  take(): string | undefined {
    return this.#keys.pop();
  }

  #idFor(key: string): unknown {
    return this.#nodes.get(key)!.id;
  }

  #compare(a: unknown, b: unknown): number {
    if (areComparable(a, b)) return compareIds(a, b);
    return refuse('/nodes', `the ids ${formatExact(a)} and ${formatExact(b)} have no order; use ids of one type`);
  }
}
