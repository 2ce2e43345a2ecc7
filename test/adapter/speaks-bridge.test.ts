import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy, keysOf, useAdapters } from './adapters.js';
import type { Adapter } from './adapters.js';
import { fatBag, makeConfig, without } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

const adapterOf = useAdapters();

const handedBy = async (adapter: Adapter, event: unknown) => (await adaptedBy(adapter, event)) as Json;

/** A pointer as legacy readers follow it. */
const pointerTo = (name: string, path: unknown, checksum: unknown, size: unknown) => ({
  __s3_pointer__: true,
  bucket: 'bags',
  key: (path as string).replace('s3://bags/', ''),
  size_bytes: size,
  checksum,
  field_name: name,
  created_at: fatBag().start_time ?? 0,
});

describe.each(ADAPTER_NAMES)('with the adapter of %s, for a handler that speaks bridge', (name) => {
  const open = (apart?: string) => adapterOf(name, { speaks: 'bridge' }, apart);

  test('a fat bag has pointers with checksums under the old names', async () => {
    const bag = await handedBy(await open(), fatBag());
    const config = JSON.stringify(makeConfig());
    const md5 = createHash('md5').update(config).digest('hex').slice(0, 8);
    expect(bag.workflow_config).toEqual(
      pointerTo('workflow_config', bag.workflow_config_s3_path, md5, Buffer.byteLength(config)),
    );
    expect(bag.partition_map).toMatchObject({ __s3_pointer__: true, field_name: 'partition_map' });
    expect(bag).toMatchObject({ state_bag_version: 2 });
  });

  test('a lean bag has pointers without a checksum under the old names', async () => {
    const adapter = await open();
    const lean = (await adapter.invoke(fatBag(), (event) => event)) as Json;
    const bag = await handedBy(adapter, lean);
    expect(bag).toMatchObject({
      workflow_config: pointerTo('workflow_config', lean.workflow_config_s3_path, '', 0),
      partition_map: pointerTo('partition_map', lean.partition_map_s3_path, '', 0),
    });
  });

  test('the answer is lean again, and nothing new is stored', async () => {
    const adapter = await open('answer');
    const lean = (await adapter.invoke(fatBag(), (event) => event)) as Json;
    expect(without(lean, 'workflow_config', 'partition_map')).toEqual(lean);
    const keys = await keysOf(adapter);
    expect(await adapter.invoke(lean, (event) => ({ ...event }))).toEqual(lean);
    expect(await adapter.invoke({ state_data: lean }, (event) => ({ ...event }))).toMatchObject({ state_data: lean });
    expect(await keysOf(adapter)).toEqual(keys);
  });

  test('another config that the handler puts under the old name is that of the answer', async () => {
    const adapter = await open();
    const lean = (await adapter.invoke(fatBag(), (event) => event)) as Json;
    const other = (await adapter.invoke(fatBag({ workflow_config: makeConfig(3) }), (event) => event)) as Json;
    const pointer = pointerTo('workflow_config', other.workflow_config_s3_path, '', 0);
    const answer = (await adapter.invoke(lean, (event) => ({ ...event, workflow_config: pointer }))) as Json;
    expect(answer.workflow_config_s3_path).toBe(other.workflow_config_s3_path);
    expect(answer).not.toHaveProperty('workflow_config');
  });

  test('a row that keeps the old members leads to the program of the bag', async () => {
    const adapter = await open();
    const lean = (await adapter.invoke(fatBag(), (event) => event)) as Json;
    const handed = await handedBy(adapter, lean);
    const { workflow_config, partition_map, ownerId, workflowId, segment_to_run } = handed;
    const context = { workflow_config, partition_map, ownerId, workflowId, segment_to_run };
    const reader = await adapterOf(name, { speaks: 'fat' }, 'reader');
    for (const kind of ['workflow_config', 'partition_map'] as const) {
      const { key } = context[kind] as { readonly key: string };
      const { bytes } = await adapter.objects.get({ bucket: 'bags', key });
      await reader.objects.put({ bucket: 'bags', key }, bytes);
    }
    const resumed = await handedBy(reader, { ...context, loop_counter: 0, current_state: {} });
    expect(resumed.workflow_config).toEqual(makeConfig());
    expect(resumed.partition_map).toEqual(fatBag().partition_map);
  });

  test('a bag of the flat era stays as it is, because its readers would run a pointer', async () => {
    const event = fatBag({ light_config: {}, state_s3_path: 's3://bags/state.json' });
    const bag = await handedBy(await open(), event);
    expect(bag).toMatchObject({ workflow_config: makeConfig(), partition_map: event.partition_map });
  });
});

test('without a store a bag that carries its program stays inline for a handler that speaks bridge', async () => {
  const store = testStore();
  const { shim } = testShim({ speaks: 'bridge' }, store);
  store.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
  let handed: Json = {};
  await shim.wrap<Json>((event) => (handed = event as Json))(fatBag());
  expect(handed.workflow_config).toEqual(makeConfig());
});
