import { edgesFrom } from './graph.js';
import type { WorkflowGraph } from './graph.js';
import { equalityKey, getMember } from './python.js';
import type {
  Aggregator,
  AggregatorBody,
  Branch,
  BranchDraft,
  ConditionalLink,
  ConditionalNext,
  DefaultLink,
  GroupDraft,
  Link,
  NodeId,
  NodeSegmentBody,
  ParallelGroup,
  Segment,
  SegmentDraft,
} from './types.js';

/** Which segment a node ended up in, by the key of its id, and which node a group stands for. */
interface SegmentIndex {
  readonly graph: WorkflowGraph;
  readonly segmentIds: Map<string, number>;
  readonly groupNodes: Map<number, readonly NodeId[]>;
}

/** Link every segment, at every level, to the segments its nodes' edges lead to. */
export function linkSegments(graph: WorkflowGraph, drafts: readonly SegmentDraft[]): readonly Segment[] {
  const index: SegmentIndex = { graph, segmentIds: new Map(), groupNodes: new Map() };
  indexSegments(index, drafts);
  return linkList(index, drafts, null);
}

/** A group is entered before its branches; where a node id turns up twice the later segment has it. */
function indexSegments(index: SegmentIndex, drafts: readonly SegmentDraft[]): void {
  for (const draft of drafts) {
    for (const id of draft.node_ids) index.segmentIds.set(equalityKey(id), draft.id);
    if (draft.type !== 'parallel_group') continue;
    index.groupNodes.set(draft.id, draft.node_ids);
    for (const branch of draft.branches) indexSegments(index, branch.partition_map);
  }
}

/** `parent` is the aggregator of the group whose branch this list is; null for the top list. */
function linkList(index: SegmentIndex, drafts: readonly SegmentDraft[], parent: number | null): readonly Segment[] {
  return drafts.map((draft) => {
    switch (draft.type) {
      case 'parallel_group':
        return linkGroup(index, draft);
      case 'aggregator':
        return linkAggregator(index, draft);
      default:
        return linkNodes(index, draft, parent);
    }
  });
}

function linkGroup(index: SegmentIndex, group: GroupDraft): ParallelGroup {
  return { ...group, branches: group.branches.map((branch) => linkBranch(index, branch, group.default_next)) };
}

function linkBranch(index: SegmentIndex, branch: BranchDraft, aggregator: number): Branch {
  const linked = linkList(index, branch.partition_map, aggregator);
  const last = linked.at(-1);
  if (last?.next_mode !== 'end') return { ...branch, partition_map: linked };
  const ending = { ...last, implicit_aggregator_target: aggregator };
  return { ...branch, partition_map: [...linked.slice(0, -1), ending], terminates_early: true };
}

/**
 * After a fork: on to where the branches meet. After a declared group: along the edges of the node that declared it.
 */
function linkAggregator(index: SegmentIndex, aggregator: AggregatorBody): Aggregator {
  const meeting = aggregator.convergence_node ?? null;
  const next = meeting === null ? undefined : index.segmentIds.get(equalityKey(meeting));
  if (next !== undefined) return { ...aggregator, next_mode: 'default', default_next: next };
  const group = aggregator.source_parallel_group;
  const link = makeLink(waysOut(index, group, index.groupNodes.get(group) ?? []));
  return link === null ? { ...aggregator, next_mode: 'end', default_next: null } : { ...aggregator, ...link };
}

function linkNodes(index: SegmentIndex, segment: NodeSegmentBody, parent: number | null): NodeSegmentBody & Link {
  const link = makeLink(waysOut(index, segment.id, segment.node_ids));
  if (link !== null) return { ...segment, ...link };
  if (parent === null) return { ...segment, next_mode: 'end', default_next: null };
  return { ...segment, next_mode: 'implicit_aggregator', default_next: null, parent_aggregator: parent };
}

function makeLink(ways: readonly ConditionalNext[]): DefaultLink | ConditionalLink | null {
  const [only, ...others] = ways;
  if (only === undefined) return null;
  return others.length === 0
    ? { next_mode: 'default', default_next: only.next }
    : { next_mode: 'conditional', branches: ways };
}

/** One entry for every edge to another segment: two edges to one segment are two ways. */
function waysOut(index: SegmentIndex, own: number, nodeIds: readonly NodeId[]): ConditionalNext[] {
  const edges = nodeIds.flatMap((id) => edgesFrom(index.graph, equalityKey(id)));
  return edges.flatMap(({ target, value }) => {
    const next = target.connects && target.key !== null ? index.segmentIds.get(target.key) : undefined;
    return next === undefined || next === own ? [] : [{ condition: getMember(value, 'condition', 'default'), next }];
  });
}
