import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { DEFAULT_LAYOUT } from '../../src/bag/layout.js';
import { storeSink } from '../../src/batch/dry-run-sink.js';
import { prepareDocument } from '../../src/batch/prepare.js';
import type { Prepared } from '../../src/batch/prepare.js';
import type { StageSettings } from '../../src/batch/stages.js';
import { memoryObjectStore } from '../../src/store/index.js';
import type { ObjectStore } from '../../src/store/index.js';
import { bag } from './bags.js';
import { blobStoreOn } from './workbench.js';
import { BLOBS, sha256, SOAK } from './world.js';

function settingsOn(objects: ObjectStore, target: StageSettings['target']): StageSettings {
  return {
    target,
    manifestForm: 'list',
    office: { layout: DEFAULT_LAYOUT, bucket: BLOBS, prefix: '', digest: sha256 },
    steps: MIGRATIONS[target],
    blobs: storeSink(blobStoreOn(objects)),
  };
}

async function prepare(bytes: Uint8Array, settings: StageSettings): Promise<Prepared> {
  const prepared = await prepareDocument({ id: 'a', line: undefined, bytes }, settings);
  return prepared!;
}

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

it.each(['lean', 'bridge'] as const)(
  'migrates anything once and never twice: %s',
  { timeout: 60_000 * SOAK },
  async (target) => {
    const objects = memoryObjectStore();
    for (const [key, value] of Object.entries(STORED))
      await objects.put({ bucket: BLOBS, key }, Buffer.from(JSON.stringify(value)));
    const settings = settingsOn(objects, target);
    await fc.assert(
      fc.asyncProperty(wrapped, async (document) => {
        const first = await prepare(Buffer.from(JSON.stringify(document)), settings);
        expect(['migrated', 'unchanged', 'quarantined']).toContain(first.outcome.outcome);
        if (!first.validated) return;
        expect(Buffer.compare(first.validated.rewrite.bytes, first.validated.document.bytes)).not.toBe(0);
        const second = await prepare(first.validated.rewrite.bytes, settings);
        expect([second.outcome.outcome, second.outcome.reason]).toEqual(['unchanged', undefined]);
      }),
      { numRuns: 300 * SOAK },
    );
  },
);
