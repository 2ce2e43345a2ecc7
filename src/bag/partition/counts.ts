import type { PartitionCounts, Segment } from './types.js';

/** Count a partition map as the legacy bag reports it. An empty map still counts as one segment to run. */
export function countSegments(partitionMap: readonly Segment[]): PartitionCounts {
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
