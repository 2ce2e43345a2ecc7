import { planBlocks } from './blocks.js';
import type { Block, Shape } from './blocks.js';
import { makeEdges } from './edges.js';
import type { FleetEdge } from './edges.js';
import { pad } from './filler.js';
import { Shared } from './json-value.js';
import type { JsonObject } from './json-value.js';
import type { FleetNode } from './node-maker.js';
import { countSegments, makePartitionMap } from './partition-map.js';
import { phrase } from './phrases.js';
import type { Random } from './random.js';
import { compactSize } from './serialise.js';
import { SMALL } from './sizes.js';

export interface WorkflowOptions {
  readonly random: Random;
  readonly workflowId: string;
  /** Default `chain`. */
  readonly shape?: Shape;
  /** Elements of the partition map; default 3, or as few as the shape allows. */
  readonly segments?: number;
  /** Nodes at least wanted; more when the segments need them. */
  readonly nodes?: number;
  /** Compact size the config is padded to. A config that is larger anyway stays as it is. */
  readonly configBytes?: number;
  /** Compact size the map is padded to, by filler inside the nodes, which the config then has too. */
  readonly mapBytes?: number;
}

/** One workflow as all its bags carry it. */
export interface Workflow {
  readonly workflowId: string;
  /** The `workflow_config`. */
  readonly config: Shared;
  /** The `partition_map`, a list of flat entries. */
  readonly map: Shared;
  readonly entries: readonly JsonObject[];
  readonly blocks: readonly Block[];
  readonly edges: readonly FleetEdge[];
  readonly llmSegments: number;
  readonly hitpSegments: number;
}

const DEFAULT_SEGMENTS: Readonly<Record<Shape, number>> = { chain: 3, hitp: 3, fanout: 6, 'inline-group': 5 };

/** A workflow with its config and map, the map the one the legacy partitioner would have cut. */
export function makeWorkflow(options: WorkflowOptions): Workflow {
  const { random, workflowId, shape = 'chain' } = options;
  const blocks = planBlocks(random, shape, options.segments ?? DEFAULT_SEGMENTS[shape], options.nodes ?? SMALL.nodes);
  const edges = makeEdges(blocks);
  const entries = makePartitionMap({ blocks, edges });
  padNodes(random, blocks, (options.mapBytes ?? 0) - compactSize(entries));
  const config = makeConfig(random, shape, blocks, edges);
  padConfig(random, config, options.configBytes ?? 0);
  const counts = { llmSegments: countSegments(entries, 'llm'), hitpSegments: countSegments(entries, 'hitp') };
  return { workflowId, config: new Shared(config), map: new Shared(entries), entries, blocks, edges, ...counts };
}

/** Spreads `missing` bytes over the nodes that run, the last one taking what the others could not. */
function padNodes(random: Random, blocks: readonly Block[], missing: number): void {
  const nodes = blocks.flatMap(runningNodes);
  let left = missing;
  nodes.forEach((node, at) => {
    left -= pad(random, node.config, 'guidelines', Math.floor(left / (nodes.length - at)));
  });
}

function runningNodes(block: Block): readonly FleetNode[] {
  if (block.kind === 'run') return block.nodes;
  if (block.kind === 'inline') return block.branches.flatMap((branch) => branch.nodes);
  return block.branches.flatMap((runs) => runs.flatMap((run) => run.nodes));
}

function makeConfig(random: Random, shape: Shape, blocks: readonly Block[], edges: FleetEdge[]): JsonObject {
  const nodes = blocks.flatMap((block) => (block.kind === 'inline' ? [block.node] : runningNodes(block)));
  return {
    workflow_name: `${phrase(random, 3)} (${shape})`,
    description: phrase(random, 14),
    nodes,
    edges,
    start_node: nodes[0]!.id,
    editor_metadata: { layout_version: 3, viewport: { x: 0, y: -120.5, zoom: 0.75 } },
    initial_state: {},
  };
}

/** What a config is large by: the editor's notes, and documents its author left in the initial state. */
function padConfig(random: Random, config: JsonObject, target: number): void {
  const missing = target - compactSize(config);
  const notes = pad(random, config.editor_metadata as JsonObject, 'notes', Math.floor(missing / 3));
  pad(random, config.initial_state as JsonObject, 'documents', missing - notes);
}
