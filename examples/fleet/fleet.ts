import { LRUCache } from 'lru-cache';
import { drawFacts } from './bag-facts.js';
import { SHAPES } from './blocks.js';
import type { Shape } from './blocks.js';
import type { FleetObject } from './objects.js';
import { deriveSeed, seededRandom } from './random.js';
import { serialiseBytes } from './serialise.js';
import { SIZES } from './sizes.js';
import type { BagSize, SizeName } from './sizes.js';
import type { Style } from './spelling.js';
import { VARIANTS } from './variants/index.js';
import type { VariantName } from './variants/index.js';
import { makeWorkflow } from './workflow.js';
import type { Workflow } from './workflow.js';

export interface FleetOptions {
  readonly seed: number;
  readonly bags: number;
  /** Distinct workflows; bag `i` belongs to workflow `i % workflows`. */
  readonly workflows: number;
  readonly size: SizeName | BagSize;
  /** Default `compact`. */
  readonly style?: Style;
  /** Default `pre`; ignored when there is a mix. */
  readonly variant?: VariantName;
  /** Variants in turn: bag `i` is of variant `i % mix.length`. */
  readonly mix?: readonly VariantName[];
  /** Shapes in turn over the workflows. Default: all four; for `small`, those that fit into 3 segments. */
  readonly shapes?: readonly Shape[];
  /** Owners of one workflow. Default 1; the blobs of a workflow are then one set. */
  readonly ownersPerWorkflow?: number;
  /** Bucket of everything the bags point to. Default `local`. */
  readonly bucket?: string;
}

export interface FleetDocument {
  /** `000042-pre.json`. */
  readonly name: string;
  readonly variant: VariantName;
  readonly bytes: Buffer;
  readonly objects: readonly FleetObject[];
}

/** Workflows kept at a time. One that was dropped is made again, the same, from its seed. */
const WORKFLOWS_KEPT = 64;

/** First steps of the seed paths of the two kinds of things a fleet is made of. */
const WORKFLOW_SEEDS = 1;
const BAG_SEEDS = 2;

/**
 * Bags over workflows, one at a time. In a one-line style the config (and the map, in its form) is the same bytes in
 * all bags of a workflow.
 */
export function* makeFleet(options: FleetOptions): Generator<FleetDocument, void, undefined> {
  const workflows = new WorkflowShelf(options);
  for (let at = 0; at < options.bags; at++) yield makeDocument(options, workflows, at);
}

function makeDocument(options: FleetOptions, workflows: WorkflowShelf, at: number): FleetDocument {
  const random = seededRandom(deriveSeed(options.seed, BAG_SEEDS, at));
  const workflow = workflows.at(at % options.workflows);
  const owner = random.below(options.ownersPerWorkflow ?? 1);
  const ownerId = `owner-${workflow.workflowId.slice(-4)}${owner === 0 ? '' : `-${owner}`}`;
  const facts = drawFacts({ ...sizeOf(options), random, workflow, ownerId, bucket: options.bucket ?? 'local' });
  const variant = options.mix?.[at % options.mix.length] ?? options.variant ?? 'pre';
  const style = options.style ?? 'compact';
  const { document, objects } = VARIANTS[variant](facts, style);
  return {
    name: `${String(at).padStart(6, '0')}-${variant}.json`,
    variant,
    bytes: serialiseBytes(document, style),
    objects,
  };
}

class WorkflowShelf {
  private readonly options: FleetOptions;
  private readonly shapes: readonly Shape[];
  private readonly shelf = new LRUCache<number, Workflow>({ max: WORKFLOWS_KEPT });

  constructor(options: FleetOptions) {
    this.options = options;
    this.shapes = options.shapes ?? (sizeOf(options).segments < 5 ? ['chain', 'hitp'] : SHAPES);
  }

  at(index: number): Workflow {
    let workflow = this.shelf.get(index);
    if (!workflow) {
      workflow = this.make(index);
      this.shelf.set(index, workflow);
    }
    return workflow;
  }

  private make(index: number): Workflow {
    const random = seededRandom(deriveSeed(this.options.seed, WORKFLOW_SEEDS, index));
    const shape = this.shapes[index % this.shapes.length]!;
    const workflowId = `wf-${shape}-${index}-${random.hex(4)}`;
    return makeWorkflow({ ...sizeOf(this.options), random, workflowId, shape });
  }
}

function sizeOf(options: FleetOptions): BagSize {
  return typeof options.size === 'string' ? SIZES[options.size] : options.size;
}
