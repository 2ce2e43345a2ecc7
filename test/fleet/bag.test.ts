import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBag } from '../../examples/fleet/bag.js';
import { SHAPES } from '../../examples/fleet/blocks.js';
import type { JsonObject } from '../../examples/fleet/json-value.js';
import { seededRandom } from '../../examples/fleet/random.js';
import { compactSize, serialise } from '../../examples/fleet/serialise.js';
import { SIZES, totalBytes } from '../../examples/fleet/sizes.js';
import { makeWorkflow } from '../../examples/fleet/workflow.js';

const MEMBERS = [
  ...[
    'segment_to_run',
    'loop_counter',
    'state_history',
    'max_loop_iterations',
    'max_branch_iterations',
    'distributed_mode',
  ],
  ...[
    'distributed_strategy',
    'max_concurrency',
    'idempotency_key',
    'workflowId',
    'quota_reservation_id',
    'MOCK_MODE',
    'ownerId',
  ],
  ...[
    'total_segments',
    'hitp_segments',
    'llm_segments',
    'segment_manifest_s3_path',
    'current_state',
    'state_durations',
  ],
  ...[
    'last_update_time',
    'workflow_config',
    'start_time',
    'partition_map',
    'input',
    '_is_init',
    '_status',
    'payload_size_kb',
  ],
];

function within(share: number, actual: number, target: number): boolean {
  return Math.abs(actual - target) <= share * target;
}

describe('makeBag', () => {
  it('lists the members of a legacy bag in their order', () => {
    expect(Object.keys(makeBag({ random: seededRandom(1) }))).toEqual(MEMBERS);
  });

  it('builds its execution id from owner, workflow and a hash, joined by number signs', () => {
    const bag = makeBag({ random: seededRandom(1), ownerId: 'owner-a' });
    expect(bag.idempotency_key).toMatch(/^owner-a#auto#wf-[0-9a-f]{6}#[0-9a-f]{16}$/);
  });

  it('counts the segments of its map and stands on one of them', () => {
    const bag = JSON.parse(serialise(makeBag({ random: seededRandom(5), ...SIZES.mid }), 'compact')) as Record<
      string,
      number
    > & { partition_map: [] };
    expect(bag.total_segments).toBe(bag.partition_map.length);
    expect(bag.segment_to_run).toBeGreaterThanOrEqual(0);
    expect(bag.segment_to_run).toBeLessThan(bag.total_segments!);
  });

  it('is 371 KiB at the headline size, within 3 % in every part and every shape', () => {
    const { headline } = SIZES;
    for (const shape of SHAPES) {
      const workflow = makeWorkflow({ random: seededRandom(2), workflowId: 'wf-a', shape, ...headline });
      const bag = makeBag({ random: seededRandom(9), workflow, ...headline });
      const [config, map, state] = (['workflow_config', 'partition_map', 'current_state'] as const).map((name) =>
        compactSize(bag[name]!),
      );
      const whole = compactSize(bag);
      expect(within(0.03, config!, headline.configBytes)).toBe(true);
      expect(within(0.03, map!, headline.mapBytes)).toBe(true);
      expect(within(0.03, state!, headline.stateBytes)).toBe(true);
      expect(within(0.03, whole - config! - map! - state!, headline.controlBytes)).toBe(true);
      expect(within(0.01, whole, 371 * 1024)).toBe(true);
    }
  });

  it.each(['mid', 'small'] as const)('comes out at the %s size', (name) => {
    expect(
      within(0.03, compactSize(makeBag({ random: seededRandom(4), ...SIZES[name] })), totalBytes(SIZES[name])),
    ).toBe(true);
  });
});

const corpus = process.env.STATEBAG_CORPUS;
if (corpus !== undefined) {
  describe('beside a recorded bag', () => {
    const recorded = JSON.parse(readFileSync(join(corpus, 'bags/pre-fat/headline-371kb.json'), 'utf8')) as {
      state_data: JsonObject;
    };
    const made = JSON.parse(
      serialise(makeBag({ random: seededRandom(1), ...SIZES.headline }), 'compact'),
    ) as JsonObject;

    it('has the same members in the same order', () => {
      expect(Object.keys(made)).toEqual(Object.keys(recorded.state_data));
    });

    it('has map entries with the same members in the same order', () => {
      const entryOf = (bag: JsonObject): string[] => Object.keys((bag.partition_map as JsonObject[])[0]!);
      expect(entryOf(made)).toEqual(entryOf(recorded.state_data));
    });

    it('has values of the same kinds', () => {
      const kinds = (bag: JsonObject): string[] =>
        Object.values(bag).map((value) => (Array.isArray(value) ? 'array' : typeof value));
      expect(kinds(made)).toEqual(kinds(recorded.state_data));
    });
  });
}
