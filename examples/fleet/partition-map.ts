import type { Block } from './blocks.js';
import type { FleetEdge } from './edges.js';
import { omit } from './json-value.js';
import type { JsonObject, JsonValue } from './json-value.js';
import { EntryCutter } from './map-entries.js';
import { linkCuts } from './map-links.js';

/** What a map is made from: the part of a workflow that runs. */
interface WorkflowGraph {
  readonly blocks: readonly Block[];
  readonly edges: readonly FleetEdge[];
}

interface PartitionMapOptions {
  /** False leaves out `outgoing_edges`, which maps of the January releases did not have. */
  readonly outgoingEdges?: boolean;
}

/**
 * The partition map of a workflow, as a list of flat entries. It follows the legacy partitioner's rules for the shapes
 * the fleet draws; it is no partitioner for workflows in general.
 */
export function makePartitionMap(workflow: WorkflowGraph, options: PartitionMapOptions = {}): JsonObject[] {
  const cutter = new EntryCutter(workflow.edges);
  const cuts = cutter.cut(workflow.blocks);
  linkCuts(cuts, cutter, workflow.edges);
  const entries = cuts.map((cut) => cut.entry);
  return options.outgoingEdges === false ? entries.map(withoutOutgoingEdges) : entries;
}

/** Segments of a type at every level, as `llm_segments` and `hitp_segments` of a bag count them. */
export function countSegments(entries: readonly JsonValue[], type: string): number {
  return entries.reduce<number>((sum, entry) => {
    const { type: own, branches } = entry as JsonObject;
    const inner = Array.isArray(branches) ? (branches as JsonObject[]) : [];
    return sum + (own === type ? 1 : 0) + inner.reduce((all, branch) => all + countSegments(innerMap(branch), type), 0);
  }, 0);
}

/** Empty for the `branches` of a conditional segment, which only say where to go. */
function innerMap(branch: JsonObject): readonly JsonValue[] {
  return (branch.partition_map as JsonValue[] | undefined) ?? [];
}

function withoutOutgoingEdges(entry: JsonObject): JsonObject {
  const kept = omit(entry, 'outgoing_edges');
  if (kept.type !== 'parallel_group') return kept;
  const branches = (kept.branches as JsonObject[]).map((branch) => ({
    ...branch,
    partition_map: innerMap(branch).map((inner) => withoutOutgoingEdges(inner as JsonObject)),
  }));
  return { ...kept, branches };
}
