import { edgesFrom, isJsonObject, parseEdges, parseList, parseNodes, refuse } from './graph.js';
import type { Edge, WorkflowGraph } from './graph.js';
import { compareIds, equalityKey } from './python.js';
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

/**
 * The branches that a `parallel_group` node declares. Each becomes one segment, however many nodes it has and
 * whatever they are; a branch without nodes stays, empty. A null is left out, but the ones after it keep their number.
 *
 * @throws BagError `WORKFLOW_INVALID` when a branch is neither an object nor null, or its lists are no lists.
 */
export function declaredBranches(
  graph: WorkflowGraph,
  takeId: IdSource,
  group: NodeId,
  declared: readonly unknown[],
): BranchDraft[] {
  const drafts: BranchDraft[] = [];
  for (const [index, branch] of declared.entries()) {
    if (branch === null) continue;
    const { id, content } = parseBranch(branch, `node ${group}/branches/${index}`);
    const [first = null] = content.nodes.keys();
    const segments = first === null ? [] : [buildSegment(graph, takeId, content)];
    drafts.push({ branch_id: id ?? `B${index}`, partition_map: segments, has_end: false, target_node: first });
  }
  return drafts;
}

function parseBranch(branch: unknown, path: string): { id: unknown; content: SegmentContent } {
  if (!isJsonObject(branch)) return refuse(path, 'must be an object');
  const nodes = parseNodes(parseList(branch.nodes, `${path}/nodes`), `${path}/nodes`);
  const ownEdges = parseEdges(parseList(branch.edges, `${path}/edges`), `${path}/edges`);
  return { id: branch.id, content: { type: 'normal', nodes, ownEdges } };
}

/** A group and the aggregator that follows it in the same list. */
type GroupPair = readonly [GroupDraft, AggregatorBody];

/** A group declared by a node, which the group stands for. */
export function declaredGroup(
  takeId: IdSource,
  branches: readonly BranchDraft[],
  id: NodeId,
  node: JsonObject,
): GroupPair {
  const ids = { group: takeId(), aggregator: takeId() };
  const policy = { resource_policy: node.resource_policy ?? {}, label: node.label ?? '' };
  return [
    { ...groupHead(ids.group, branches, [id]), ...policy, next_mode: 'default', default_next: ids.aggregator },
    { ...aggregatorHead(ids.aggregator), source_parallel_group: ids.group },
  ];
}

/** A group made of what follows a fork. */
export function forkedGroup(takeId: IdSource, branches: readonly BranchDraft[], convergence: NodeId | null): GroupPair {
  const ids = { group: takeId(), aggregator: takeId() };
  return [
    { ...groupHead(ids.group, branches, []), next_mode: 'default', default_next: ids.aggregator },
    { ...aggregatorHead(ids.aggregator), convergence_node: convergence, source_parallel_group: ids.group },
  ];
}

type GroupHead = Omit<GroupDraft, 'next_mode' | 'default_next'>;

function groupHead(id: number, branches: readonly BranchDraft[], nodeIds: readonly NodeId[]): GroupHead {
  return { id, type: 'parallel_group', branches, node_ids: nodeIds, branch_count: branches.length };
}

function aggregatorHead(id: number): Omit<AggregatorBody, 'convergence_node' | 'source_parallel_group'> {
  return { id, type: 'aggregator', nodes: [], edges: [], node_ids: [] };
}

/** Retell an edge that leaves its segment, in the legacy spelling and key order. What the edge does not say is null. */
export function describeOutgoing(edge: JsonObject): OutgoingEdge {
  const data = isJsonObject(edge.data) ? edge.data : {};
  return {
    source_node: edge.source ?? null,
    target_node: edge.target ?? null,
    edge_type: edge.type === undefined ? 'normal' : edge.type,
    condition: edge.condition ?? null,
    is_loop_exit: data.isLoopExit ?? false,
    is_back_edge: data.isBackEdge ?? false,
    router_func: edge.router_func ?? null,
    mapping: edge.mapping ?? null,
    metadata: {
      label: edge.label ?? null,
      style: edge.style ?? null,
      animated: edge.animated ?? null,
      edgeType: data.edgeType ?? null,
      loopType: data.loopType ?? null,
    },
  };
}

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
