import { describe, expect, test } from 'vitest';
import { asAdded, fatBag, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { putObject, testShim, testStore } from './shims.js';

async function lean(store = testStore(), bag: Json = fatBag()) {
  return { store, bag: (await testShim({}, store).shim.write(bag)) as Json };
}

/** What a merge or a Distributed Map leaves of the path. */
const LOST: readonly (readonly [string, Json])[] = [
  ['null', { segment_manifest_s3_path: null }],
  ['empty', { segment_manifest_s3_path: '' }],
  ['absent', { segment_manifest_s3_path: undefined }],
  ['a ResultWriter manifest', { segment_manifest_s3_path: 's3://bags/results/0a1b/manifest.json' }],
];

describe('segment_manifest_s3_path', () => {
  test.each(LOST)('is put back into a result in which it is %s', async (_, lost) => {
    const { store, bag } = await lean();
    const { shim } = testShim({}, store);
    const keys = await store.keys();
    const [message] = await observed('write', async () => {
      expect(
        await shim.wrap((event) => ({ bag: { ...without(event as Json, 'segment_config'), ...lost } }))(bag),
      ).toEqual({ bag });
    });
    expect(message).toMatchObject({ repaired: true });
    expect(await store.keys()).toEqual(keys);
  });

  test.each(LOST)('is made anew for an event in which it is %s', async (_, lost) => {
    const { store, bag } = await lean();
    if (typeof lost.segment_manifest_s3_path === 'string' && lost.segment_manifest_s3_path !== '') {
      await putObject(store, 'results/0a1b/manifest.json', {
        DestinationBucket: 'bags',
        ResultFiles: { SUCCEEDED: [] },
      });
    }
    const { shim } = testShim({}, store);
    let handed: Json = {};
    const result = await shim.wrap<Json>((event) => ({ ...(handed = event as Json) }))({ ...bag, ...lost });
    expect(handed.segment_manifest_s3_path).toBe(bag.segment_manifest_s3_path);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(result).toEqual(bag);
  });

  test('is made of the very bytes of the map, so that nothing new is stored', async () => {
    const store = testStore();
    const text = '[{"id":0,"weight":1.0,"big":12345678901234567890,"node_ids":["a"],"nodes":[],"type":"normal"}]';
    const path = await putObject(store, 'workflow-partitions/acme/invoices/partition_map.json', text);
    const { bag } = await lean(store, {
      ...without(fatBag({ segment_to_run: 0 }), 'partition_map'),
      partition_map_s3_path: path,
    });
    const keys = await store.keys();
    const repaired = (await testShim({}, store).shim.write({ ...bag, segment_manifest_s3_path: null })) as Json;
    expect(repaired).toEqual(bag);
    expect(await store.keys()).toEqual(keys);
  });

  test('of another map is never put back', async () => {
    const { store, bag } = await lean();
    const other = (await testShim({}, store).shim.write(
      fatBag({ partition_map: [{ id: 0, nodes: [], node_ids: ['other'], type: 'normal' }] }),
    )) as Json;
    const { shim } = testShim({}, store);
    const answer = { ...other, segment_manifest_s3_path: null };
    expect(await shim.wrap(() => answer)(bag)).toEqual(other);
  });

  test('that the handler changed to another content address stays', async () => {
    const { store, bag } = await lean();
    const mine = `s3://bags/workflow-manifests/acme/invoices/${'b'.repeat(64)}/segment_manifest.json`;
    const { shim } = testShim({}, store);
    expect(await shim.wrap(() => ({ ...bag, segment_manifest_s3_path: mine }))(bag)).toMatchObject({
      segment_manifest_s3_path: mine,
    });
  });

  test('is left null when the store does not answer, and the map still leads to the program', async () => {
    const { store: written, bag } = await lean();
    const store = testStore(written.objects);
    const { shim } = testShim({}, store);
    await shim.read(without(bag, 'segment_manifest_s3_path')).segmentConfig();
    store.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
    const nulled = { ...bag, segment_manifest_s3_path: null };
    const messages = await observed('fail-open', async () => {
      expect(await shim.wrap((event) => ({ ...(event as Json) }))(nulled)).toEqual(nulled);
    });
    expect(messages).toMatchObject([{ side: 'event', code: 'STORE_UNAVAILABLE' }]);
  });

  test('of the newest era is left to its readers', async () => {
    const { store, bag } = await lean();
    const newest = { ...bag, manifest_id: 'm-1', segment_manifest_s3_path: 's3://bags/manifests/m-1.json' };
    expect(await testShim({}, store).shim.write(newest)).toBe(newest);
  });
});

describe('what leads to the program', () => {
  test('comes back into a bag that a runner made from the members it knows', async () => {
    const { store, bag } = await lean();
    const { shim } = testShim({}, store);
    const result = (await shim.wrap(() => ({
      bag: { ownerId: 'acme', workflowId: 'invoices', segment_to_run: 2, current_state: {} },
    }))(bag)) as { bag: Json };
    expect(await shim.read(result).segmentConfig()).toEqual(programAt(fatBag(), 2));
    expect(result.bag.state_bag_version).toBe(2);
  });

  test('comes back though the handler took it out of the very bag it was given', async () => {
    const { store, bag } = await lean();
    const { shim } = testShim({}, store);
    const take = (event: unknown) => {
      const { state_data } = event as { state_data: Json };
      delete state_data.partition_map_s3_path;
      delete state_data.workflow_config_s3_path;
      state_data.segment_manifest_s3_path = null;
      return { state_data };
    };
    expect(await shim.wrap(take)({ state_data: structuredClone(bag) })).toEqual({ state_data: bag });
  });

  test('is not given to a bag of another workflow', async () => {
    const { store, bag } = await lean();
    const child = { bag: { ownerId: 'acme', workflowId: 'child', segment_to_run: 0, current_state: {} } };
    expect(await testShim({}, store).shim.wrap(() => child)(bag)).toEqual(child);
  });
});

describe('bags inside bags', () => {
  const nested = async () => {
    const { store, bag } = await lean();
    return { shim: testShim({}, store).shim, bag };
  };

  test('that two layers wrapped alike are unwrapped', async () => {
    const { shim, bag } = await nested();
    expect(await shim.write({ state_data: { state_data: bag }, next_action: 'CONTINUE' })).toEqual({
      state_data: bag,
      next_action: 'CONTINUE',
    });
    expect(await shim.write({ state_data: { state_data: { state_data: bag } } })).toEqual({ state_data: bag });
    expect(await shim.write({ bag: { bag } })).toEqual({ bag });
  });

  test('that a merge nested become one, with the newer members', async () => {
    const { shim, bag } = await nested();
    const inner = { ...bag, segment_to_run: 2, current_state: { newer: true } };
    const result = await shim.write({ state_data: { ...bag, pending: 1, state_data: inner } });
    expect(result).toEqual({ state_data: { ...inner, pending: 1 } });
  });

  test('are refused when they name different workflows', async () => {
    const { shim, bag } = await nested();
    const result = { state_data: { ...bag, state_data: { ...bag, workflowId: 'child' } } };
    await expect(shim.write(result)).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
  });

  test('with something beside them stay as they are', async () => {
    const { shim, bag } = await nested();
    const result = { state_data: { state_data: bag, next_action: 'CONTINUE' } };
    expect(await shim.write(result)).toEqual(result);
  });
});
