import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import { storeSink } from '../../src/batch/dry-run-sink.js';
import { prepareDocument } from '../../src/batch/prepare.js';
import type { TransformSettings } from '../../src/batch/transform.js';
import { memoryBlobStore } from 'statebag-shim/memory';
import { smallBag } from '../cli/fleet-dir.js';
import { BLOBS, sha256 } from './world.js';

function prepare(steps: TransformSettings['steps']) {
  const settings: TransformSettings = {
    target: 'lean',
    manifestForm: 'list',
    office: { layout: DEFAULT_LAYOUT, bucket: BLOBS, prefix: '', digest: sha256 },
    steps,
    blobs: storeSink(memoryBlobStore({ bucket: BLOBS })),
  };
  return prepareDocument({ id: 'a', line: undefined, bytes: Buffer.from(smallBag()) }, settings);
}

it('a document is ready to be written when every step of the migration ran', async () => {
  const prepared = await prepare(MIGRATIONS.lean);
  expect(prepared?.outcome.outcome).toBe('migrated');
  expect(prepared?.transformation).toBeDefined();
});

it.each(MIGRATIONS.lean.filter(({ id }) => /config|map|stamp/.test(id)).map((step) => [step.id, step] as const))(
  'a document is quarantined and not written when the step %s does not run',
  async (_, missing) => {
    const prepared = await prepare(MIGRATIONS.lean.filter((step) => step !== missing));
    expect(prepared?.outcome).toMatchObject({ outcome: 'quarantined', code: 'BAG_INVALID' });
    expect(prepared?.transformation).toBeUndefined();
  },
);
