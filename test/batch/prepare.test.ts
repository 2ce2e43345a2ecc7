import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bag } from './bags.js';
import { CommandWorld, run } from './command-world.js';
import { BLOBS, SOAK } from './scratch.js';

const SEGMENT = {
  id: 0,
  type: 'normal',
  nodes: [{ id: 'n', type: 'operator', config: {} }],
  edges: [],
  node_ids: ['n'],
};
const CONFIG = { nodes: [{ id: 'n', type: 'operator' }], edges: [] };
const STORED: Readonly<Record<string, unknown>> = {
  'old/config.json': CONFIG,
  'old/map.json': [SEGMENT],
  'old/empty.json': [],
  'old/none.json': null,
};
const pathTo = fc.constantFrom(...Object.keys(STORED).map((key) => `s3://${BLOBS}/${key}`), '', null);
const pointer = fc
  .constantFrom(...Object.keys(STORED))
  .map((key) => ({ __s3_offloaded: true, __s3_path: `s3://${BLOBS}/${key}` }));

/** A bag in which everything that has a meaning is there or not, and in every state it has been seen in. */
const anyBag = fc
  .record(
    {
      workflow_config: fc.oneof(fc.constantFrom(null, '', {}, CONFIG, [], JSON.stringify(CONFIG)), pointer),
      partition_map: fc.oneof(
        fc.constantFrom(
          null,
          '',
          [],
          {},
          [null],
          [SEGMENT],
          { 0: SEGMENT },
          [SEGMENT, null, SEGMENT],
          { a: SEGMENT },
          JSON.stringify([SEGMENT]),
        ),
        pointer,
      ),
      workflow_config_s3_path: pathTo,
      partition_map_s3_path: pathTo,
      segment_manifest_s3_path: pathTo,
      segment_manifest: fc.constantFrom(null, [], [{ segment_id: 0, segment_config: SEGMENT }], [{ segment_id: 0 }]),
      manifest_id: fc.constantFrom(null, 'm-1'),
      state_bag_version: fc.constantFrom(1, 2, 3, '2', null),
      _is_init: fc.boolean(),
      _status: fc.constant('STARTED'),
      distributed_strategy: fc.constantFrom('BATCHED', 'SAFE'),
    },
    { requiredKeys: [] },
  )
  .map((members) => ({ ...plainBag(), ...members }));

/** The rest of a bag: nothing in it leads to a program. */
function plainBag(): Record<string, unknown> {
  const whole = JSON.parse(bag(7, 'bare').toString()) as Record<string, unknown>;
  const special = ['workflow_config', 'partition_map', 'segment_manifest_s3_path', '_is_init', '_status'];
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !special.includes(name)));
}

const wrapped = fc.oneof(
  anyBag,
  anyBag.map((inner) => ({ state_data: inner, next_action: 'STARTED' })),
  anyBag.map((inner) => ({ Payload: JSON.stringify({ state_data: inner }) })),
  fc.tuple(anyBag, anyBag).map(([outer, inner]) => ({ state_data: { ...outer, state_data: inner } })),
);

/** Documents of one property run go through one command each time, a line each. */
const LINES = 300 * SOAK;

it.each(['lean', 'bridge'] as const)(
  'migrate changes any bag at most once: %s',
  { timeout: 60_000 * SOAK },
  async (target) => {
    const world = await CommandWorld.with({});
    for (const [key, value] of Object.entries(STORED))
      await world.objects.put({ bucket: BLOBS, key }, Buffer.from(JSON.stringify(value)));
    const documents = fc.sample(wrapped, LINES).map((document) => JSON.stringify(document));
    writeFileSync(join(world.source, 'all.ndjson'), documents.map((text) => `${text}\n`).join(''));
    const first = await run(world, { target, concurrency: 4 });
    expect(first.outcomes).toHaveLength(LINES);
    const kinds = new Set(first.outcomes.map(({ outcome }) => outcome));
    expect(kinds).toEqual(new Set(['migrated', 'unchanged', 'quarantined']));
    const lines = world.read('all.ndjson').toString().trimEnd().split('\n');
    const second = await run(world, { target, concurrency: 4, journal: 'another' });
    const again = new Map(second.outcomes.map((outcome) => [outcome.id, outcome]));
    for (const { id, outcome } of first.outcomes) {
      const at = Number(id.split('#L')[1]) - 1;
      expect(lines[at] === documents[at], documents[at]).toBe(outcome !== 'migrated');
      const { outcome: now, reason } = again.get(id)!;
      if (outcome === 'migrated') expect([now, reason], documents[at]).toEqual(['unchanged', undefined]);
      else expect(now, documents[at]).toBe(outcome);
    }
  },
);
