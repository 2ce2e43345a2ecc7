/** A parsed JSON object. Its members are data and are only ever read. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What names a node. Strings in practice. Ids are compared as Python compares them: 1, 1.0 and true are one id, "1" is
 * another, and null is an id too.
 */
export type NodeId = string | number | boolean | null;

/** An edge that leaves a segment, as runners look at it to decide about pauses and loops. */
export interface OutgoingEdge {
  readonly source_node: unknown;
  readonly target_node: unknown;
  readonly edge_type: unknown;
  readonly condition: unknown;
  readonly is_loop_exit: unknown;
  readonly is_back_edge: unknown;
  readonly router_func: unknown;
  readonly mapping: unknown;
  readonly metadata: {
    readonly label: unknown;
    readonly style: unknown;
    readonly animated: unknown;
    readonly edgeType: unknown;
    readonly loopType: unknown;
  };
}

/** One way out of a segment that has several. `next` is a segment id, not a position in a list. */
export interface ConditionalNext {
  readonly condition: unknown;
  readonly next: number;
}

export interface DefaultLink {
  readonly next_mode: 'default';
  readonly default_next: number;
}

export interface ConditionalLink {
  readonly next_mode: 'conditional';
  readonly branches: readonly ConditionalNext[];
}

interface EndLink {
  readonly next_mode: 'end';
  readonly default_next: null;
}

/** The end of a branch: control goes back to the aggregator of the group the branch belongs to. */
interface ImplicitAggregatorLink {
  readonly next_mode: 'implicit_aggregator';
  readonly default_next: null;
  readonly parent_aggregator: number;
}

export type Link = DefaultLink | ConditionalLink | EndLink | ImplicitAggregatorLink;

/** A segment that runs nodes, before it is linked to what follows. */
export interface NodeSegmentBody {
  readonly id: number;
  readonly nodes: readonly JsonObject[];
  readonly edges: readonly JsonObject[];
  readonly outgoing_edges: readonly OutgoingEdge[];
  readonly type: 'normal' | 'llm' | 'hitp';
  readonly node_ids: readonly NodeId[];
}

export interface AggregatorBody {
  readonly id: number;
  readonly type: 'aggregator';
  readonly nodes: readonly never[];
  readonly edges: readonly never[];
  readonly node_ids: readonly never[];
  /** Where the branches of a fork meet again, or null; absent when the group was declared by a node. */
  readonly convergence_node?: NodeId;
  readonly source_parallel_group: number;
}

interface BranchOf<S> {
  readonly branch_id: unknown;
  readonly partition_map: readonly S[];
  readonly has_end: false;
  readonly target_node: NodeId;
}

interface ParallelGroupOf<B> extends DefaultLink {
  readonly id: number;
  readonly type: 'parallel_group';
  readonly branches: readonly B[];
  readonly node_ids: readonly NodeId[];
  readonly branch_count: number;
  /** Present, with `label`, when the group was declared by a node. */
  readonly resource_policy?: unknown;
  readonly label?: unknown;
}

/** Segments as the walk makes them; groups already know their aggregator, the others get their link later. */
export type SegmentDraft = NodeSegmentBody | AggregatorBody | GroupDraft;
export type GroupDraft = ParallelGroupOf<BranchDraft>;
export type BranchDraft = BranchOf<SegmentDraft>;

export type NodeSegment = NodeSegmentBody & Link;

export type Aggregator = AggregatorBody &
  (DefaultLink | ConditionalLink | EndLink) & { readonly implicit_aggregator_target?: number };

export interface Branch extends BranchOf<Segment> {
  /** The last segment of the branch ends by itself instead of returning to the aggregator. */
  readonly terminates_early?: true;
}

export type ParallelGroup = ParallelGroupOf<Branch>;

/** An element of a partition map. `id` comes from one counter for the whole map and is not a position in a list. */
export type Segment = NodeSegment | Aggregator | ParallelGroup;

export interface PartitionCounts {
  /** Segments of the top list, at least 1. */
  readonly total_segments: number;
  /** Segments typed `llm`, at every level. */
  readonly llm_segments: number;
  /** Segments typed `hitp`, at every level. */
  readonly hitp_segments: number;
  /** Groups, declared and forked, at every level. */
  readonly parallel_groups: number;
  /** Branches of all those groups. */
  readonly total_branches: number;
}

export interface PartitionResult {
  readonly partitionMap: readonly Segment[];
  readonly counts: PartitionCounts;
}
