import type { Block, InlineGroup, Run } from './blocks.js';
import type { FleetEdge } from './edges.js';
import type { JsonObject, JsonValue } from './json-value.js';
import type { FleetNode } from './node-maker.js';

/** An element of a partition map before it is linked to its successors. */
export type Cut =
  | { readonly kind: 'run'; readonly entry: JsonObject; readonly nodeIds: readonly string[] }
  | {
      readonly kind: 'group';
      readonly entry: JsonObject;
      readonly branches: readonly (readonly Cut[])[];
      readonly aggregator: number;
    }
  | {
      readonly kind: 'aggregator';
      readonly entry: JsonObject;
      readonly convergence?: string;
      readonly groupNode?: string;
    };

/**
 * Cuts blocks into elements. Ids come from one counter for all levels, so the branches of a group have smaller ids than
 * it.
 */
export class EntryCutter {
  /** Which segment a node lies in. */
  readonly segmentOf = new Map<string, number>();
  private readonly edges: readonly FleetEdge[];
  private nextId = 0;

  constructor(edges: readonly FleetEdge[]) {
    this.edges = edges;
  }

  cut(blocks: readonly Block[]): Cut[] {
    return blocks.flatMap((block, at) => {
      if (block.kind === 'run') return [this.run(block)];
      if (block.kind === 'inline') return this.inlineGroup(block);
      return this.fork(block.branches, firstNode(blocks[at + 1]));
    });
  }

  private run({ nodes, type }: Run): Cut {
    return this.segment(nodes, type, this.edges);
  }

  private fork(branches: readonly (readonly Run[])[], convergence: string | null): Cut[] {
    const cuts = branches.map((runs) => runs.map((run) => this.run(run)));
    const entries = cuts.map((cut, at) => branchEntry(`B${at}`, cut, branches[at]![0]!.nodes[0]!.id));
    const id = this.nextId++;
    const aggregator = this.nextId++;
    const group = { id, type: 'parallel_group', branches: entries, node_ids: [], branch_count: entries.length };
    const join = {
      id: aggregator,
      type: 'aggregator',
      nodes: [],
      edges: [],
      node_ids: [],
      convergence_node: convergence,
    };
    return [
      { kind: 'group', entry: group, branches: cuts, aggregator },
      {
        kind: 'aggregator',
        entry: { ...join, source_parallel_group: id },
        ...(convergence === null ? {} : { convergence }),
      },
    ];
  }

  private inlineGroup({ node, branches }: InlineGroup): Cut[] {
    const cuts = branches.map((branch) => [this.segment(branch.nodes, 'normal', branch.edges)]);
    const entries = cuts.map((cut, at) => branchEntry(branches[at]!.id, cut, branches[at]!.nodes[0]!.id));
    const id = this.nextId++;
    const aggregator = this.nextId++;
    this.segmentOf.set(node.id, id);
    const head = { id, type: 'parallel_group', branches: entries, node_ids: [node.id], branch_count: entries.length };
    const group = { ...head, resource_policy: node.resource_policy ?? {}, label: node.label };
    const join = { id: aggregator, type: 'aggregator', nodes: [], edges: [], node_ids: [], source_parallel_group: id };
    return [
      { kind: 'group', entry: group, branches: cuts, aggregator },
      { kind: 'aggregator', entry: join, groupNode: node.id },
    ];
  }

  private segment(nodes: readonly FleetNode[], type: string, edges: readonly JsonObject[]): Cut {
    const id = this.nextId++;
    const nodeIds = nodes.map((node) => node.id);
    for (const nodeId of nodeIds) this.segmentOf.set(nodeId, id);
    const inside = (end: JsonValue | undefined): boolean => typeof end === 'string' && nodeIds.includes(end);
    const inner = edges.filter((edge) => inside(edge.source) && inside(edge.target));
    const leaving = this.edges.filter((edge) => inside(edge.source) && !inside(edge.target));
    const entry = {
      id,
      nodes: nodes.map(executable),
      edges: inner,
      outgoing_edges: leaving.map(outgoingEdge),
      type,
      node_ids: nodeIds,
    };
    return { kind: 'run', entry, nodeIds };
  }
}

function branchEntry(branchId: string, cuts: readonly Cut[], target: string): JsonObject {
  return { branch_id: branchId, partition_map: cuts.map((cut) => cut.entry), has_end: false, target_node: target };
}

function firstNode(block: Block | undefined): string | null {
  return block?.kind === 'run' ? block.nodes[0]!.id : null;
}

/** Shares `config` with the workflow's node, so that filler put there later appears in both. */
function executable(node: FleetNode): FleetNode {
  return node.type === 'code' ? { ...node, type: 'operator' } : node;
}

function outgoingEdge(edge: FleetEdge): JsonObject {
  const { edgeType = null, loopType = null } = edge.data as JsonObject;
  const flags = { is_loop_exit: false, is_back_edge: false, router_func: null, mapping: null };
  const metadata = { label: edge.label ?? null, style: null, animated: null, edgeType, loopType };
  return {
    source_node: edge.source,
    target_node: edge.target,
    edge_type: edge.type,
    condition: edge.condition ?? null,
    ...flags,
    metadata,
  };
}
