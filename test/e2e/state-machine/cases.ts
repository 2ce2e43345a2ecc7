import { makeBag } from '../../../examples/fleet/bag.js';
import type { Shape } from '../../../examples/fleet/blocks.js';
import { seededRandom } from '../../../examples/fleet/random.js';
import { serialise } from '../../../examples/fleet/serialise.js';
import { HEADLINE, SMALL } from '../../../examples/fleet/sizes.js';
import { makeWorkflow } from '../../../examples/fleet/workflow.js';
import { parseMembers } from './json.js';
import type { Members } from './json.js';

/** Elements of the map: as many as it takes for two pauses, two forks or two inline groups. */
const SEGMENTS: Readonly<Record<Shape, number>> = { chain: 7, hitp: 8, fanout: 16, 'inline-group': 10 };

/** Nodes beyond one for each segment, so that some segments have several. */
const FURTHER_NODES = 3;

/** `overgrown` has a state too large for a payload all by itself. */
const SIZES = { headline: HEADLINE, small: SMALL, overgrown: { ...HEADLINE, stateBytes: 280 * 1024 } };

/**
 * A bag in the last legacy form, config and map inline, before its first segment. The same shape is the same workflow,
 * whatever the size: only filler differs, which no node looks at. `headline` takes 371 KiB; with `small` a legacy
 * execution comes to its end.
 */
export function makeOldBag(shape: Shape, size: keyof typeof SIZES, bucket: string): Members {
  const segments = SEGMENTS[shape];
  const sizes = { ...SIZES[size], segments, nodes: segments + FURTHER_NODES };
  const workflow = makeWorkflow({ random: seededRandom(7), workflowId: `wf-${shape}`, shape, ...sizes });
  const bag = makeBag({ random: seededRandom(9), workflow, ownerId: 'owner-a', segmentToRun: 0, bucket, ...sizes });
  return parseMembers(JSON.parse(serialise(bag, 'compact')));
}
