import { describe, expect, it } from 'vitest';
import { SHAPES } from '../../examples/fleet/blocks.js';
import { seededRandom } from '../../examples/fleet/random.js';
import { serialise } from '../../examples/fleet/serialise.js';
import { makeWorkflow } from '../../examples/fleet/workflow.js';
import { partitionWorkflow } from 'statebag-shim';

describe.each(SHAPES)('the map of a %s workflow', (shape) => {
  it.each([6, 17, 71])('is byte for byte what the partitioner cuts, at %i segments', (segments) => {
    const workflow = makeWorkflow({
      random: seededRandom(segments),
      workflowId: 'wf',
      shape,
      segments,
      nodes: segments + 9,
    });
    const { partitionMap, counts } = partitionWorkflow(JSON.parse(serialise(workflow.config, 'compact')));
    expect(serialise(workflow.map, 'compact')).toBe(JSON.stringify(partitionMap));
    const { llmSegments, hitpSegments } = workflow;
    expect({ llmSegments, hitpSegments }).toEqual({
      llmSegments: counts.llm_segments,
      hitpSegments: counts.hitp_segments,
    });
  });
});
