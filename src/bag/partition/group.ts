import type { IdSource } from './segment.js';
import type { AggregatorBody, BranchDraft, GroupDraft, JsonObject, NodeId } from './types.js';

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
