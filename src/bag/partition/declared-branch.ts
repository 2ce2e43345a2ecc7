import type { WorkflowGraph } from './graph.js';
import { isJsonObject, parseEdges, parseList, parseNodes, refuse } from './read.js';
import { buildSegment } from './segment.js';
import type { IdSource, SegmentContent } from './segment.js';
import type { BranchDraft, NodeId } from './types.js';

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
