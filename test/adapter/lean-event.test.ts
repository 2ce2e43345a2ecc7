import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLeanEvent } from '../../src/adapter/lean-event.js';
import { detect } from '../../src/bag/detect.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { needsMigration } from '../../src/bag/plan-site.js';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { testShim } from './shims.js';

const lean = (await testShim().shim.write(fatBag())) as Json;

describe('a lean bag is recognised at a glance', () => {
  test.each([
    ['as the event', lean],
    ['in state_data', { state_data: lean, segment_to_run: 1 }],
    ['in state_data.bag', { state_data: { bag: lean, next_action: 'CONTINUE' } }],
    ['in Payload', { Payload: { bag: lean } }],
  ])('%s', (_, event) => {
    expect(isLeanEvent(event)).toBe(true);
  });

  test.each([
    ['is not stamped', { state_bag_version: undefined }],
    ['had its map merged back', { partition_map: [] }],
    ['had null merged back', { workflow_config: null }],
    ['has a flag of the initialiser', { _is_init: true }],
    ['has lost its manifest', { segment_manifest_s3_path: null }],
    ['has a manifest at a mutable key', { segment_manifest_s3_path: 's3://bags/results/manifest.json' }],
    ['has another bag in it', { state_data: fatBag() }],
  ])('but not one that %s', (_, change) => {
    expect(isLeanEvent({ ...lean, ...change })).toBe(false);
  });

  test('only when a close look would find nothing to do', () => {
    const member = fc.constantFrom(
      ...Object.keys(lean),
      'workflow_config',
      'partition_map',
      '_status',
      'state_data',
      'bag',
      'Payload',
      'segment_manifest',
      'segment_config',
    );
    const value = fc.constantFrom<unknown>(
      null,
      '',
      0,
      2,
      's3://b/k',
      lean.segment_manifest_s3_path,
      [],
      {},
      lean,
      fatBag(),
      { bag: lean },
      JSON.stringify(lean),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(member, value), { maxLength: 4 }),
        fc.constantFrom('', 'state_data', 'bag'),
        (changes, wrapper) => {
          const bag = { ...lean, ...Object.fromEntries(changes) };
          const event = wrapper === '' ? bag : { [wrapper]: bag };
          fc.pre(isLeanEvent(event));
          const { generation, sites } = detect(objectReader, event);
          expect(generation).toBe('lean');
          expect(sites.some((site) => needsMigration(objectReader, site, 'lean'))).toBe(false);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
