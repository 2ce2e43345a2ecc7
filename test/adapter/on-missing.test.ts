import { expect, test } from 'vitest';
import { fatBag, restOf, without } from './bags.js';
import type { Json } from './bags.js';
import { testShim } from './shims.js';

const bare = () => without(fatBag(), 'workflow_config', 'partition_map', 'segment_manifest_s3_path');

test('a bag that leads to no program is an error', async () => {
  await expect(testShim().shim.wrap(() => 'never')(bare())).rejects.toMatchObject({
    code: 'SEGMENT_NOT_FOUND',
    name: 'BagError',
  });
});

test('a bag that leads to no program passes on request, without segment_config', async () => {
  const { shim } = testShim({ onMissing: 'pass' });
  let handed: Json = {};
  await shim.wrap<Json>((event) => (handed = event as Json))(bare());
  expect(handed).not.toHaveProperty('segment_config');
  expect(restOf(handed)).toEqual(restOf(bare()));
});

test('an index out of range never passes', async () => {
  const { shim } = testShim({ onMissing: 'pass' });
  await expect(shim.wrap(() => 'never')(fatBag({ segment_to_run: 99 }))).rejects.toMatchObject({
    code: 'SEGMENT_OUT_OF_RANGE',
  });
});
