import { BagError } from '../errors.js';
import { edgesFrom, edgesInto, inlineBranches, isFork, isHitpStart, isLlm, startsSegment } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import { buildSegment, countFromZero, declaredBranches, declaredGroup, forkedGroup } from './segment.js';
import type { BranchDraft, JsonObject, NodeId, NodeSegmentBody, SegmentDraft } from './types.js';

/** How deep forks may lie inside branches of forks. */
const MAX_DEPTH = 50;

/** One list of segments in the making: the whole workflow's, or that of one branch of a fork. */
interface Run {
  /** The node where the branch ends, which belongs to the list outside. */
  readonly stop: NodeId | null;
  readonly depth: number;
  readonly queue: WalkQueue;
  readonly buffer: Map<NodeId, JsonObject>;
  readonly segments: SegmentDraft[];
}

/**
 * Walk a workflow from the nodes no edge enters and cut it into segments, not yet linked to each other.
 *
 * @throws BagError `WORKFLOW_TOO_DEEP`, `WORKFLOW_WALK_LIMIT`, or `WORKFLOW_INVALID` for a malformed declared branch.
 */
export function cutSegments(graph: WorkflowGraph): readonly SegmentDraft[] {
  const starts = [...graph.nodes.keys()].filter((id) => edgesInto(graph, id).length === 0);
  return new Walk(graph).run(starts, null, 0);
}

/** What all the runs of a workflow share: the ids handed out and the nodes met. */
class Walk {
  readonly #graph: WorkflowGraph;
  readonly #takeId = countFromZero();
  readonly #visited = new Set<NodeId>();

  constructor(graph: WorkflowGraph) {
    this.#graph = graph;
  }

  run(starts: readonly NodeId[], stop: NodeId | null, depth: number): readonly SegmentDraft[] {
    requireDepth(depth);
    const run: Run = { stop, depth, queue: new WalkQueue(2 * this.#graph.nodes.size), buffer: new Map(), segments: [] };
    starts.forEach((id) => {
      run.queue.push(id);
    });
    for (let id = run.queue.take(); id !== undefined; id = run.queue.take()) this.#visit(run, id);
    this.#flush(run, 'normal');
    return run.segments;
  }

  #visit(run: Run, id: NodeId): void {
    const node = this.#graph.nodes.get(id);
    if (node === undefined || this.#visited.has(id)) return;
    this.#visited.add(id);
    if (startsSegment(this.#graph, id)) this.#flush(run, 'normal');
    const declared = inlineBranches(node);
    if (declared !== null) this.#expandDeclared(run, id, node, declared);
    else if (isFork(this.#graph, id)) this.#expandFork(run, id, node);
    else this.#collect(run, id, node);
  }

  #expandDeclared(run: Run, id: NodeId, node: JsonObject, declared: readonly unknown[]): void {
    const branches = declaredBranches(this.#graph, this.#takeId, id, declared);
    if (branches.length > 0) run.segments.push(...declaredGroup(this.#takeId, branches, id, node));
    this.#queueTargets(run, id);
  }

  #expandFork(run: Run, id: NodeId, node: JsonObject): void {
    run.buffer.set(id, node);
    this.#flush(run, 'normal');
    const targets = edgesFrom(this.#graph, id).map((edge) => edge.target);
    const convergence = findConvergence(this.#graph, targets);
    const branches = targets.flatMap((target, index) => this.#walkBranch(run, target, convergence, index));
    if (branches.length > 0) run.segments.push(...forkedGroup(this.#takeId, branches, convergence));
    if (convergence !== null) this.#queue(run, convergence);
  }

  /** A branch whose nodes all belong to somebody else already is left out; the others keep their number. */
  #walkBranch(run: Run, target: NodeId | null, convergence: NodeId | null, index: number): readonly BranchDraft[] {
    const segments = this.run(target === null ? [] : [target], convergence, run.depth + 1);
    if (segments.length === 0) return [];
    return [{ branch_id: `B${index}`, partition_map: segments, has_end: false, target_node: target }];
  }

  #collect(run: Run, id: NodeId, node: JsonObject): void {
    run.buffer.set(id, node);
    if (isHitpStart(this.#graph, id)) this.#flush(run, 'hitp');
    else if (isLlm(this.#graph, id)) this.#flush(run, 'llm');
    this.#queueTargets(run, id);
  }

  #queueTargets(run: Run, id: NodeId): void {
    for (const { target } of edgesFrom(this.#graph, id)) if (target !== null) this.#queue(run, target);
  }

  /** No branch starts at its own stop (a target is never the convergence), so this is the one place to look for it. */
  #queue(run: Run, id: NodeId): void {
    if (!this.#visited.has(id) && id !== run.stop) run.queue.push(id);
  }

  #flush(run: Run, type: NodeSegmentBody['type']): void {
    if (run.buffer.size === 0) return;
    run.segments.push(buildSegment(this.#graph, this.#takeId, { type, nodes: run.buffer }));
    run.buffer.clear();
  }
}

function requireDepth(depth: number): void {
  if (depth <= MAX_DEPTH) return;
  const message = `Forks lie inside each other more than ${MAX_DEPTH} deep`;
  throw new BagError('WORKFLOW_TOO_DEEP', message, { context: { path: '/edges', depth } });
}

/** First in, first out, without a node waiting twice, and with an end to how often it may be asked. */
export class WalkQueue {
  readonly #items: NodeId[] = [];
  readonly #waiting = new Set<NodeId>();
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(id: NodeId): void {
    if (this.#waiting.has(id)) return;
    this.#waiting.add(id);
    this.#items.push(id);
  }

  /**
   * The next node, or undefined when none waits.
   *
   * @throws BagError `WORKFLOW_WALK_LIMIT` when more were taken than the limit allows.
   */
  take(): NodeId | undefined {
    const id = this.#items[this.#taken];
    if (id === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken > this.#limit) {
      const message = `More than ${this.#limit} steps in one walk of the workflow`;
      throw new BagError('WORKFLOW_WALK_LIMIT', message, { context: { path: '/edges', limit: this.#limit } });
    }
    this.#waiting.delete(id);
    return id;
  }
}

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
