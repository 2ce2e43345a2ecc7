import { BagError } from '../errors.js';
import { ExactNumber } from '../json/index.js';
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

/** An edge with its ends read. An end that can name no node is null. */
export interface Edge {
  readonly source: NodeId | null;
  readonly target: NodeId | null;
  readonly value: JsonObject;
  /** Place in the list it came from. */
  readonly position: number;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/**
 * @throws BagError `WORKFLOW_INVALID`, naming the place by JSON pointer, from the workflow or from the node it lies in.
 */
export function refuse(path: string, message: string): never {
  throw new BagError('WORKFLOW_INVALID', `${path === '' ? 'workflow' : path}: ${message}`, { context: { path } });
}

/** A list that may be left out. */
export function parseList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : refuse(path, 'must be a list');
}

/**
 * Nodes by id. What is no object or has no id is dropped; a repeated id keeps its first place and its last value,
 * which is how a `Map` (like the legacy dictionary) treats a key set twice.
 */
export function parseNodes(list: readonly unknown[], path: string): Map<NodeId, JsonObject> {
  const nodes = new Map<NodeId, JsonObject>();
  list.forEach((node, position) => {
    if (!isJsonObject(node) || node.id === undefined || node.id === null) return;
    const id = isNodeId(node.id)
      ? node.id
      : refuse(`${path}/${position}/id`, 'must be a string or a number in its plain spelling');
    nodes.set(id, node);
  });
  return nodes;
}

export function parseEdges(list: readonly unknown[], path: string): Edge[] {
  return list.map((value, position) => {
    if (!isJsonObject(value)) return refuse(`${path}/${position}`, 'must be an object');
    return { source: detectEnd(value.source), target: detectEnd(value.target), value, position };
  });
}

function isNodeId(value: unknown): value is NodeId {
  return typeof value === 'string' || typeof value === 'number';
}

/** The node an edge names; `1.0` names node 1, as it does in Python. */
function detectEnd(value: unknown): NodeId | null {
  if (isNodeId(value)) return value;
  const number = value instanceof ExactNumber ? Number(value.text) : null;
  return Number.isSafeInteger(number) ? number : null;
}
