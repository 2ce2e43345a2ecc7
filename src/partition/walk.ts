import { BagError } from '../errors/index.js';
import { describeNode, edgesInto, formatId, targetsFrom } from './graph.js';
import type { Id, NodeTraits, WorkflowGraph } from './graph.js';
import { buildSegment, countFromZero, declaredBranches, declaredGroup, forkedGroup } from './segment.js';
import type { BranchDraft, JsonObject, NodeSegmentBody, SegmentDraft } from './types.js';

/** How deep forks may lie inside branches of forks. */
const MAX_DEPTH = 50;

/** How many of the stuck nodes an error names. */
const NAMED = 10;

/** One list of segments in the making: the whole workflow's, or that of one branch of a fork. */
interface Run {
  /** The key of the node where the branch ends, which belongs to the list outside. */
  readonly stop: string | null;
  readonly depth: number;
  readonly queue: WalkQueue;
  readonly buffer: Map<string, JsonObject>;
  readonly segments: SegmentDraft[];
}

/**
 * Walk a workflow from the nodes no edge enters and cut it into segments, not yet linked to each other. If an edge
 * enters every node, the walk starts at the first: edges that name no source enter a node and hold none back.
 *
 * @throws BagError `WORKFLOW_TOO_DEEP`, `WORKFLOW_WALK_LIMIT`, or `WORKFLOW_INVALID` for what the legacy partitioner
 *   fails on.
 */
export function cutSegments(graph: WorkflowGraph): readonly SegmentDraft[] {
  const starts = graph.ids.filter(({ key }) => edgesInto(graph, key).length === 0);
  return new Walk(graph).run(starts.length > 0 ? starts : graph.ids.slice(0, 1), null, 0);
}

/** What all the runs of a workflow share: the ids handed out and the nodes met. */
class Walk {
  readonly #graph: WorkflowGraph;
  readonly #takeId = countFromZero();
  readonly #visited = new Set<string>();

  constructor(graph: WorkflowGraph) {
    this.#graph = graph;
  }

  run(starts: readonly Id[], stop: string | null, depth: number): readonly SegmentDraft[] {
    requireDepth(depth);
    const queue = new WalkQueue(starts, 2 * this.#graph.nodes.size);
    const run: Run = { stop, depth, queue, buffer: new Map(), segments: [] };
    for (let id = queue.take(); id !== undefined; id = queue.take()) this.#visit(run, id);
    this.#flush(run, 'normal');
    return run.segments;
  }

  #visit(run: Run, id: Id): void {
    const node = this.#graph.nodes.get(id.key);
    if (node === undefined || this.#visited.has(id.key) || id.key === run.stop) return;
    const traits = describeNode(this.#graph, id, node);
    this.#visited.add(id.key);
    if (traits.startsSegment) this.#flush(run, 'normal');
    if (traits.branches !== null) this.#expandDeclared(run, id, node, traits.branches);
    else if (traits.isFork) this.#expandFork(run, id, node);
    else this.#collect(run, id, node, traits);
  }

  #expandDeclared(run: Run, id: Id, node: JsonObject, declared: readonly unknown[]): void {
    const branches = declaredBranches(this.#takeId, id, declared);
    if (branches.length > 0) run.segments.push(...declaredGroup(this.#takeId, branches, id, node));
    this.#queueTargets(run, id);
  }

  #expandFork(run: Run, id: Id, node: JsonObject): void {
    run.buffer.set(id.key, node);
    this.#flush(run, 'normal');
    // Edges that lead nowhere make a node a fork, but get no branch and no number.
    const targets = targetsFrom(this.#graph, id.key);
    const convergence = findConvergence(this.#graph, targets);
    const branches = targets.flatMap((target, index) => this.#walkBranch(run, target, convergence, index));
    if (branches.length > 0) run.segments.push(...forkedGroup(this.#takeId, branches, convergence));
    // It is queued even if it waits already or is where this run stops: each time counts as a step.
    if (convergence !== null && !this.#visited.has(convergence.key)) run.queue.push(convergence);
  }

  /** A branch whose nodes are all part of other segments is left out; the others keep their number. */
  #walkBranch(run: Run, target: Id, convergence: Id | null, index: number): readonly BranchDraft[] {
    const segments = this.run([target], convergence === null ? null : convergence.key, run.depth + 1);
    if (segments.length === 0) return [];
    return [{ branch_id: `B${index}`, partition_map: segments, has_end: false, target_node: target.value }];
  }

  #collect(run: Run, id: Id, node: JsonObject, traits: NodeTraits): void {
    run.buffer.set(id.key, node);
    if (traits.isHitpStart) this.#flush(run, 'hitp');
    else if (traits.isLlm) this.#flush(run, 'llm');
    this.#queueTargets(run, id);
  }

  #queueTargets(run: Run, id: Id): void {
    for (const target of targetsFrom(this.#graph, id.key)) {
      if (!this.#visited.has(target.key) && target.key !== run.stop && !run.queue.has(target)) run.queue.push(target);
    }
  }

  #flush(run: Run, type: NodeSegmentBody['type']): void {
    if (run.buffer.size === 0) return;
    run.segments.push(buildSegment(this.#graph, this.#takeId, type, run.buffer));
    run.buffer.clear();
  }
}

function requireDepth(depth: number): void {
  if (depth <= MAX_DEPTH) return;
  const message = `Forks lie inside each other more than ${MAX_DEPTH} deep`;
  throw new BagError('WORKFLOW_TOO_DEEP', message, { context: { path: '/edges', depth } });
}

/** First in, first out, with an end to how often it may be asked. */
class WalkQueue {
  readonly #items: Id[] = [];
  /** How often a node waits, by its key. */
  readonly #waiting = new Map<string, number>();
  readonly #limit: number;
  #taken = 0;

  constructor(starts: readonly Id[], limit: number) {
    this.#limit = limit;
    for (const id of starts) this.push(id);
  }

  has({ key }: Id): boolean {
    return (this.#waiting.get(key) ?? 0) > 0;
  }

  push(id: Id): void {
    this.#waiting.set(id.key, (this.#waiting.get(id.key) ?? 0) + 1);
    this.#items.push(id);
  }

  /**
   * The next node, or undefined when none waits.
   *
   * @throws BagError `WORKFLOW_WALK_LIMIT` when more were taken than the limit allows.
   */
  take(): Id | undefined {
    const id = this.#items[this.#taken];
    if (id === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken > this.#limit) {
      const message = `More than ${this.#limit} steps in one walk of the workflow`;
      throw new BagError('WORKFLOW_WALK_LIMIT', message, { context: { path: '/edges', limit: this.#limit } });
    }
    this.#waiting.set(id.key, this.#waiting.get(id.key)! - 1);
    return id;
  }
}

/**
 * Where the branches of a fork meet again: the first node, breadth first from the fork's targets, that more than one
 * edge of any type enters and that is not itself a target. Null when there is none. It is a guess by shape: the node
 * need not be reachable from every branch, and may have been reached before or lie outside the workflow.
 */
function findConvergence(graph: WorkflowGraph, targets: readonly Id[]): Id | null {
  const own = new Set(targets.map(({ key }) => key));
  const reached = new Map(targets.map((target) => [target.key, target]));
  // A map may grow while it is iterated: it serves as the queue.
  for (const [key, id] of reached) {
    if (!own.has(key) && edgesInto(graph, key).length > 1) return id;
    for (const target of targetsFrom(graph, key)) if (!reached.has(target.key)) reached.set(target.key, target);
  }
  return null;
}

/**
 * Refuse a workflow that cannot be put in order (Kahn's algorithm). Every edge into a node holds it back, one from
 * an unknown source for ever: such a workflow counts as cyclic too. Edges marked as going back get no exception. An
 * edge whose source names nothing holds nothing back.
 *
 * @throws BagError `WORKFLOW_CYCLE`, with the first nodes that never become free in `context.nodes`.
 */
export function requireAcyclic(graph: WorkflowGraph): void {
  const held = new Map(graph.ids.map(({ key }) => [key, countHolding(graph, key)]));
  const free = new Set([...held].filter(([, edges]) => edges === 0).map(([key]) => key));
  // A set may grow while it is iterated: it serves as the queue.
  for (const key of free) {
    for (const target of targetsFrom(graph, key)) if (release(held, target.key)) free.add(target.key);
  }
  if (free.size === graph.nodes.size) return;
  throw cycleError(graph.ids.filter(({ key }) => !free.has(key)));
}

function countHolding(graph: WorkflowGraph, key: string): number {
  return edgesInto(graph, key).filter(({ source }) => source.connects).length;
}

function release(held: Map<string, number>, key: string): boolean {
  const edges = held.get(key);
  if (edges === undefined) return false;
  held.set(key, edges - 1);
  return edges === 1;
}

function cycleError(stuck: readonly Id[]): BagError {
  const nodes = stuck.slice(0, NAMED).map(({ value }) => formatId(value));
  const message = `The workflow has a cycle, or an edge from a node that does not exist; never free: ${nodes.join(', ')}`;
  return new BagError('WORKFLOW_CYCLE', message, { context: { path: '/edges', nodes, count: stuck.length } });
}
