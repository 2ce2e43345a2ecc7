import { BagError } from '../../errors.js';
import { inlineBranches, isFork, isHitpStart, isLlm, startsSegment } from './boundary.js';
import { findConvergence } from './convergence.js';
import { declaredBranches } from './declared-branch.js';
import { edgesFrom, edgesInto } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import { declaredGroup, forkedGroup } from './group.js';
import { buildSegment, countFromZero } from './segment.js';
import type { BranchDraft, JsonObject, NodeId, NodeSegmentBody, SegmentDraft } from './types.js';
import { WalkQueue } from './walk-queue.js';

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
