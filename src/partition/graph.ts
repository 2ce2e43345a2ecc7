import { BagError } from '../errors/index.js';
import { ExactNumber } from '../json/index.js';
import { equalityKey, getMember, isHashable, isJsonObject, isTruthy, toNumber } from './python.js';
import type { JsonObject, NodeId } from './types.js';

/** Most nodes a workflow may have. */
const MAX_NODES = 500;

/** Edge types that ask a person before the target runs. */
const HITP_EDGES: ReadonlySet<unknown> = new Set(['hitp', 'human_in_the_loop', 'pause']);

/** Node types that call a language model and get a segment of their own. */
const LLM_NODES: ReadonlySet<unknown> = new Set(['llm_chat', 'aiModel']);

/**
 * An id in one of its spellings: ids are equal when their keys are, so 1, 1.0 and true name one node. The map of a
 * workflow shows an id as it was spelled in the place that it was taken from.
 */
export interface Id {
  readonly key: string;
  readonly value: NodeId;
}

/** Nodes by the key of their id. A node shows its id in its own spelling. */
export type NodesByKey = ReadonlyMap<string, JsonObject>;

/** One end of an edge. One that is missing is null, which may be the id of a node. */
interface EdgeEnd {
  readonly value: unknown;
  /** Null for a list or an object, which Python cannot look up. */
  readonly key: string | null;
  /** Only ends that are true for Python connect nodes: a node `0` or `""` is where the walk ends. */
  readonly connects: boolean;
}

export interface Edge {
  readonly source: EdgeEnd;
  readonly target: EdgeEnd;
  readonly value: JsonObject;
  /** Place in the list it came from, and the path of that list. */
  readonly position: number;
  readonly list: string;
}

/**
 * A workflow as a graph. Edges are grouped by the end they name, whether or not a node of that name exists. The walk
 * follows `outgoing` and `incoming`, which have only the ends that connect. What a segment shows comes from `bySource`.
 */
export interface WorkflowGraph {
  readonly nodes: NodesByKey;
  /** The ids of the nodes, each spelled as where the list has it first. */
  readonly ids: readonly Id[];
  readonly outgoing: ReadonlyMap<string, readonly Edge[]>;
  readonly incoming: ReadonlyMap<string, readonly Edge[]>;
  readonly bySource: ReadonlyMap<string, readonly Edge[]>;
  /** Why no segment can be made of nodes of the workflow itself; declared branches have edges of their own. */
  readonly fault: Fault | null;
}

interface Fault {
  readonly path: string;
  readonly message: string;
}

/** @throws BagError `WORKFLOW_INVALID` or `WORKFLOW_TOO_LARGE`. */
export function parseGraph(workflowConfig: unknown): WorkflowGraph {
  if (!isJsonObject(workflowConfig)) return refuse('', 'must be an object');
  // A workflow without any list of nodes is more likely a pointer or something else taken for one.
  if (!Array.isArray(workflowConfig.nodes)) return refuse('/nodes', 'must be a list');
  const { nodes, ids } = parseNodes(workflowConfig.nodes, '/nodes');
  requireSize(nodes.size);
  const list = getMember(workflowConfig, 'edges', []);
  const edges = isTruthy(list) ? parseEdges(list, '/edges') : [];
  for (const edge of edges) requireEnds(edge);
  return {
    nodes,
    ids,
    outgoing: groupBy(edges, ({ source }) => (source.connects ? source.key : null)),
    incoming: groupBy(edges, ({ target }) => (target.connects ? target.key : null)),
    bySource: groupBy(edges, ({ source }) => source.key),
    fault: findFault(list, edges),
  };
}

/** The edges that the walk follows from a node. */
export function edgesFrom(graph: WorkflowGraph, key: string): readonly Edge[] {
  return graph.outgoing.get(key) ?? [];
}

export function edgesInto(graph: WorkflowGraph, key: string): readonly Edge[] {
  return graph.incoming.get(key) ?? [];
}

/** The ids that the walk goes to from a node, known or not, spelled as the edges have them. */
export function targetsFrom(graph: WorkflowGraph, key: string): readonly Id[] {
  return edgesFrom(graph, key).flatMap(({ target }) => (target.connects ? [toId(target)] : []));
}

/** What decides where a segment begins and ends. */
export interface NodeTraits {
  readonly isHitpStart: boolean;
  readonly isLlm: boolean;
  readonly isFork: boolean;
  /** The branches that the node declares itself, or null. */
  readonly branches: readonly unknown[] | null;
  /**
   * Whether what was collected before this node must become a segment before the node is looked at. The node where the
   * branches of a fork meet needs no rule of its own: it has several edges into it, which already makes it a start.
   */
  readonly startsSegment: boolean;
}

/** @throws BagError `WORKFLOW_INVALID` when a type that Python looks up is a list or an object. */
export function describeNode(graph: WorkflowGraph, { key, value: id }: Id, node: JsonObject): NodeTraits {
  const into = edgesInto(graph, key);
  for (const edge of into) requireHashable(edge.value.type, `${edge.list}/${edge.position}/type`);
  requireHashable(node.type, `node ${formatId(id)}/type`);
  const isHitpStart = into.some((edge) => HITP_EDGES.has(edge.value.type));
  const isLlm = LLM_NODES.has(node.type);
  const isFork = edgesFrom(graph, key).length > 1;
  const branches = inlineBranches(node);
  // Pauses do not count as merging, but a node behind one is a start by that alone, so all edges may be counted.
  const isMerge = into.length > 1;
  return {
    isHitpStart,
    isLlm,
    isFork,
    branches,
    startsSegment: isHitpStart || isLlm || isMerge || isFork || !!branches,
  };
}

function inlineBranches(node: JsonObject): readonly unknown[] | null {
  const declared = node.type === 'parallel_group' && Array.isArray(node.branches) && node.branches.length > 0;
  return declared ? (node.branches as readonly unknown[]) : null;
}

/**
 * @throws BagError `WORKFLOW_INVALID`, naming the place by JSON pointer, from the workflow or from the node it is in.
 */
export function refuse(path: string, message: string): never {
  throw new BagError('WORKFLOW_INVALID', `${path === '' ? 'workflow' : path}: ${message}`, { context: { path } });
}

/**
 * Nodes by id. A value that is not an object with an `id` is dropped; a repeated id keeps its first place and its last
 * value, which is how a `Map` (like the legacy dictionary) treats a key set twice.
 */
export function parseNodes(list: readonly unknown[], path: string): { nodes: Map<string, JsonObject>; ids: Id[] } {
  const nodes = new Map<string, JsonObject>();
  const ids: Id[] = [];
  list.forEach((node, position) => {
    if (!isJsonObject(node) || node.id === undefined) return;
    const place = `${path}/${position}/id`;
    const end = parseEnd(node.id, place);
    if (end.key === null) return refuse(place, 'must be a string, a number, true, false or null');
    if (!nodes.has(end.key)) ids.push(toId(end));
    nodes.set(end.key, node);
  });
  return { nodes, ids };
}

/** What Python finds when it goes through a list of edges: nothing in an empty text or object. */
export function parseEdges(list: unknown, path: string): readonly Edge[] {
  if (!Array.isArray(list)) return isEmptyIterable(list) ? [] : refuse(path, 'must be a list');
  return list.map((value: unknown, position) => {
    if (!isJsonObject(value)) return refuse(`${path}/${position}`, 'must be an object');
    const source = parseEnd(getMember(value, 'source'), `${path}/${position}/source`);
    const target = parseEnd(getMember(value, 'target'), `${path}/${position}/target`);
    return { source, target, value, position, list: path };
  });
}

/** Whether an edge begins at one of some nodes, and whether it ends at one. */
export function locateEnds(nodes: NodesByKey, edge: Edge): { readonly begins: boolean; readonly ends: boolean } {
  const begins = nodes.has(requireKey(edge.source, edge, 'source'));
  return { begins, ends: begins && nodes.has(requireKey(edge.target, edge, 'target')) };
}

export function formatId(value: unknown): string {
  return value instanceof ExactNumber ? value.text : String(value);
}

/**
 * A whole number beyond 2^53 is refused: `JSON.parse` has rounded it, so that it may name another node than its text.
 */
function parseEnd(value: unknown, path: string): EdgeEnd {
  if (!isHashable(value)) return { value, key: null, connects: isTruthy(value) };
  const isNumber = typeof value === 'number' || value instanceof ExactNumber;
  if (isNumber && !isExact(toNumber(value))) return refuse(path, 'is a number too large to name a node');
  return { value, key: equalityKey(value), connects: isTruthy(value) };
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

function toId(end: EdgeEnd): Id {
  return { key: end.key!, value: end.value as NodeId };
}

function isEmptyIterable(value: unknown): boolean {
  return value === '' || (isJsonObject(value) && !isTruthy(value));
}

function requireKey(end: EdgeEnd, edge: Edge, name: string): string {
  return end.key ?? refuse(`${edge.list}/${edge.position}/${name}`, 'must not be a list or an object');
}

/** Ends that are true for Python are keys of its dictionaries. */
function requireEnds(edge: Edge): void {
  if (edge.source.connects) requireKey(edge.source, edge, 'source');
  if (edge.target.connects) requireKey(edge.target, edge, 'target');
}

function requireHashable(value: unknown, path: string): void {
  if (!isHashable(value)) refuse(path, 'must not be a list or an object');
}

/** The legacy partitioner goes through the edges once more for every segment, and fails there on null, 0 and false. */
function findFault(list: unknown, edges: readonly Edge[]): Fault | null {
  if (!Array.isArray(list) && !isEmptyIterable(list)) return { path: '/edges', message: 'must be a list' };
  const wrong = edges.find(({ source }) => source.key === null);
  return wrong ? { path: `/edges/${wrong.position}/source`, message: 'must not be a list or an object' } : null;
}

function requireSize(count: number): void {
  if (count <= MAX_NODES) return;
  const message = `The workflow has ${count} nodes, more than ${MAX_NODES}`;
  throw new BagError('WORKFLOW_TOO_LARGE', message, { context: { path: '/nodes', count } });
}

function groupBy(edges: readonly Edge[], keyFor: (edge: Edge) => string | null): Map<string, Edge[]> {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) {
    const key = keyFor(edge);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [edge]);
    else group.push(edge);
  }
  return groups;
}
