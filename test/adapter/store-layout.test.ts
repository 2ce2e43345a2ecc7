import { createStateBagShim, resolveSegmentConfig } from 'statebag-shim';
import { expect, it } from 'vitest';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { testStore } from './shims.js';

const LAYOUT = {
  config: 'own/{ownerId}/{workflowId}/{sha256}/config.json',
  map: 'own/{ownerId}/{workflowId}/{sha256}/map.json',
  manifest: 'own/{ownerId}/{workflowId}/{sha256}/manifest.json',
};

it('a shim without a layout takes the keys in the layout of its store for content addresses', async () => {
  const { store, keys } = testStore(undefined, { layout: LAYOUT });
  const lean = (await createStateBagShim({ store, mode: 'rewrite', layout: LAYOUT }).write(fatBag())) as Json;
  const before = await keys();
  expect(before.every((key) => key.startsWith('own/'))).toBe(true);

  const shim = createStateBagShim({ store, mode: 'rewrite' });
  expect(shim.read(lean).generation).toBe('lean');
  const answer = await shim.wrap<Json>((event) => event)(structuredClone(lean));
  expect(answer).toMatchObject({ segment_manifest_s3_path: lean.segment_manifest_s3_path });
  expect(await keys()).toEqual(before);
});

it('resolveSegmentConfig ranks a manifest in the layout of its store before an inline config', async () => {
  const { store } = testStore(undefined, { layout: LAYOUT });
  const lean = (await createStateBagShim({ store, mode: 'rewrite', layout: LAYOUT }).write(fatBag())) as Json;
  const config = { nodes: [{ id: 'other' }], edges: [] };
  expect(await resolveSegmentConfig({ ...lean, workflow_config: config }, store)).toMatchObject({ source: 'manifest' });
});
