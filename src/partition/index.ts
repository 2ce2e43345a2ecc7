import { parseGraph } from './graph.js';
import { linkSegments } from './links.js';
import type { PartitionCounts, PartitionResult, Segment } from './types.js';
import { cutSegments, requireAcyclic } from './walk.js';

export type {
  Aggregator,
  Branch,
  ConditionalNext,
  JsonObject,
  NodeId,
  NodeSegment,
  OutgoingEdge,
  ParallelGroup,
  PartitionCounts,
  PartitionResult,
  Segment,
} from './types.js';

/**
 * Cut a workflow into the segments the legacy partitioner makes of it: same segments, same ids, same key order. An
 * execution that paused at segment 5 finds the same segment 5. The rules are told in docs/partitioning.md.
 *
 * Pure: nothing is read from elsewhere and the input stays as it is. Nodes and edges of the result are the objects of
 * the input, not copies (only nodes of type `code` are); clone the result before changing it.
 *
 * @param workflowConfig the parsed workflow: an object with a list `nodes` and, usually, a list `edges`.
 * @throws BagError `WORKFLOW_INVALID` (not of that shape), `WORKFLOW_TOO_LARGE` (over 500 nodes), `WORKFLOW_CYCLE`
 *   (a circle, or an edge from an unknown node), `WORKFLOW_TOO_DEEP` (forks nested over 50 deep) or
 *   `WORKFLOW_WALK_LIMIT` (over two steps per node in one walk).
 */
export function partitionWorkflow(workflowConfig: unknown): PartitionResult {
  const graph = parseGraph(workflowConfig);
  requireAcyclic(graph);
  const partitionMap = linkSegments(graph, cutSegments(graph));
  return { partitionMap, counts: countSegments(partitionMap) };
}

/** Count a partition map as the legacy bag reports it. An empty map still counts as one segment to run. */
function countSegments(partitionMap: readonly Segment[]): PartitionCounts {
  const all = everySegment(partitionMap);
  const groups = all.filter((segment) => segment.type === 'parallel_group');
  return {
    total_segments: Math.max(1, partitionMap.length),
    llm_segments: all.filter((segment) => segment.type === 'llm').length,
    hitp_segments: all.filter((segment) => segment.type === 'hitp').length,
    parallel_groups: groups.length,
    total_branches: groups.reduce((sum, group) => sum + group.branch_count, 0),
  };
}

function everySegment(list: readonly Segment[]): Segment[] {
  return list.flatMap((segment) =>
    segment.type === 'parallel_group'
      ? [segment, ...segment.branches.flatMap((branch) => everySegment(branch.partition_map))]
      : [segment],
  );
}
