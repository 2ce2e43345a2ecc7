import { expect, test } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { fatBag, restOf, without } from './bags.js';
import type { Json } from './bags.js';

/** A shim, and a bag that it made lean. */
async function made() {
  const shim = createStateBagShim({ store: memoryBlobStore({ bucket: 'bags' }), mode: 'rewrite' });
  return { shim, lean: (await shim.write(fatBag())) as Json };
}

test.each(['state_data', 'bag', 'Payload'])('a fat bag is made lean when it has a lean bag under %s', async (name) => {
  const { shim, lean } = await made();
  const result = (await shim.write({ ...fatBag(), [name]: lean })) as Json;
  expect(without(result, name)).toEqual(lean);
  expect(result[name]).toEqual(lean);
  expect(restOf(lean)).toEqual(restOf(fatBag()));
});

test.each<[string, Json]>([
  ['ownerId', { ownerId: 'other' }],
  ['owner_id', { owner_id: 'other' }],
  ['workflowId', { workflowId: 'other' }],
  ['workflow_id', { workflow_id: 'other' }],
])('a result is refused when it has another %s next to a lean bag', async (_, ids) => {
  const { shim, lean } = await made();
  await expect(shim.write({ ...ids, state_data: lean })).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
});
