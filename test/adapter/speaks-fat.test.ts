import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy, useAdapters } from './adapters.js';
import { asAdded, fatBag, makeConfig, programAt, restOf, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { putObject, testShim, testStore } from './shims.js';

const identity = (event: unknown) => ({ ...(event as Json) });

/** A lean and a fat-speaking shim in one process each, on one store. */
async function pair(bag: Json = fatBag()) {
  const store = testStore();
  const lean = testShim({}, store);
  const fat = testShim({ speaks: 'fat' }, store);
  return { store, lean, fat, bag: (await lean.shim.write(bag)) as Json };
}

describe('a runner that speaks fat', () => {
  test('finds config and map inline in a lean bag, and no pointers', async () => {
    const { fat, bag } = await pair();
    let handed: Json = {};
    await fat.shim.wrap<Json>((event) => (handed = event as Json))({ state_data: bag });
    const inner = handed.state_data as Json;
    expect(inner.workflow_config).toEqual(makeConfig());
    expect(inner.partition_map).toEqual(fatBag().partition_map);
    expect(inner).not.toHaveProperty('workflow_config_s3_path');
    expect(inner).not.toHaveProperty('state_bag_version');
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
  });

  test('gives back the very pointers it came with', async () => {
    const { fat, bag, store } = await pair();
    const before = await store.keys();
    expect(await fat.shim.wrap(identity)(bag)).toEqual(bag);
    expect(await store.keys()).toEqual(before);
  });

  test('needs the store no more once its container knows the workflow', async () => {
    const { fat, bag, store } = await pair();
    const handler = fat.shim.wrap(identity);
    await handler(bag);
    store.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
    const calls = store.calls.length;
    expect(await handler({ ...bag, loop_counter: 2 })).toEqual({ ...bag, loop_counter: 2 });
    expect(store.calls).toHaveLength(calls);
  });

  test('keeps blobs whose spelling of numbers JavaScript would not repeat', async () => {
    const store = testStore();
    const { shim } = testShim({ speaks: 'fat' }, store);
    const map = `[{"id": 0, "nodes": [], "node_ids": ["a"], "type": "normal", "weight": 1.0}]`;
    const pointed = {
      ...without(fatBag({ segment_to_run: 0 }), 'partition_map', 'workflow_config'),
      partition_map: pointerTo(await putObject(store, 'workflows/invoices/executions/acme#1/map.json', map)),
    };
    const lean = (await testShim({}, store).shim.write(pointed)) as Json;
    const before = await store.keys();
    expect(await shim.wrap(identity)(lean)).toEqual(lean);
    expect(await store.keys()).toEqual(before);
  });

  test('gives back the pointers of each bag when two blobs spell the same map in two ways', async () => {
    const { fat, bag, lean, store } = await pair();
    const spaced = JSON.stringify(fatBag().partition_map, null, 1);
    const key = await putObject(store, 'workflows/invoices/executions/acme#1/map.json', spaced);
    const other = (await lean.shim.write({ ...fatBag(), partition_map: pointerTo(key) })) as Json;
    expect(other.partition_map_s3_path).not.toBe(bag.partition_map_s3_path);
    const handler = fat.shim.wrap(identity);
    for (const each of [bag, other, bag, other]) expect(await handler(each)).toEqual(each);
  });

  test('may change its map: the next segment is run from what it made', async () => {
    const { fat, lean, bag } = await pair();
    const heal = (event: unknown) => {
      const healed = event as { partition_map: Json[]; segment_to_run: number };
      healed.partition_map[2]!.branches = [];
      return { ...healed, segment_to_run: 2 };
    };
    const result = (await fat.shim.wrap(heal)(bag)) as Json;
    expect(result.partition_map_s3_path).not.toBe(bag.partition_map_s3_path);
    expect(result.workflow_config_s3_path).toBe(bag.workflow_config_s3_path);
    expect(await lean.shim.read(result).segmentConfig()).toEqual({ ...(programAt(fatBag(), 2) as Json), branches: [] });
  });

  test('does not spoil the cache by changing its map', async () => {
    const { fat, bag } = await pair();
    const spoil = (event: unknown) => {
      (event as { partition_map: Json[] }).partition_map.length = 0;
      return 'gone';
    };
    await fat.shim.wrap(spoil)(bag);
    expect(await fat.shim.wrap(identity)(bag)).toEqual(bag);
  });

  test('finds legacy pointers filled in, and its bag goes back lean', async () => {
    const store = testStore();
    const { shim } = testShim({ speaks: 'fat' }, store);
    const bag = fatBag();
    const bridge = {
      ...bag,
      workflow_config: pointerTo(
        await putObject(store, 'workflows/invoices/executions/acme#1/config.json', bag.workflow_config),
      ),
      partition_map: pointerTo(
        await putObject(store, 'workflows/invoices/executions/acme#1/map.json', bag.partition_map),
      ),
    };
    let handed: Json = {};
    const result = (await shim.wrap<Json>((event) => ({ ...(handed = event as Json) }))(bridge)) as Json;
    expect(without(handed, 'segment_config')).toEqual(bag);
    expect(result).toMatchObject({ state_bag_version: 2 });
    expect(restOf(result)).toEqual(restOf(bag));
  });

  test('gets a fat bag as it came', async () => {
    const { shim } = testShim({ speaks: 'fat' });
    let handed: Json = {};
    await shim.wrap<Json>((event) => (handed = event as Json))(fatBag());
    expect(without(handed, 'segment_config')).toEqual(fatBag());
  });

  test('is not called when what it needs cannot be read', async () => {
    const { fat, bag, store } = await pair();
    store.fail(({ address }) =>
      address.key.startsWith('workflow-configs') ? { moment: 'before', code: 'STORE_UNAVAILABLE' } : undefined,
    );
    await expect(fat.shim.wrap(() => 'never')(bag)).rejects.toMatchObject({ name: 'StateBagRetryableError' });
  });

  test('answers lean after a merge that nulled the manifest path', async () => {
    const { fat, bag } = await pair();
    expect(await fat.shim.wrap((event) => ({ ...(event as Json), segment_manifest_s3_path: null }))(bag)).toEqual(bag);
  });
});

function pointerTo(uri: string): Json {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri)!;
  return { __s3_pointer__: true, bucket, key, size_bytes: 1, checksum: '', field_name: 'x', created_at: 1769760000.25 };
}

test('alternating runners pass one execution on to its end', async () => {
  const { lean, fat, bag, store } = await pair(fatBag({ segment_to_run: 0 }));
  const runs: unknown[] = [];
  const run = (event: Json): Json => {
    runs.push((event.segment_config as Json).id);
    const next = (event.segment_to_run as number) + 1;
    return {
      ...event,
      segment_to_run: next,
      current_state: { ...(event.current_state as Json), [`step${next}`]: true },
    };
  };
  const handlers = [lean.shim.wrap<Json, Json>(run), fat.shim.wrap<Json, Json>(run)];
  let current = bag;
  for (let step = 0; step < 5; step++) current = await handlers[step % 2]!(current);
  expect(runs).toEqual((fatBag().partition_map as Json[]).map(({ id }) => id));
  expect(current).toMatchObject({
    segment_to_run: 5,
    current_state: { step5: true },
    partition_map_s3_path: bag.partition_map_s3_path,
  });
  expect(await store.keys()).toHaveLength(3);
});

test('a known program is told as a hit of the cache', async () => {
  const { fat, bag } = await pair();
  const handler = fat.shim.wrap(identity);
  await handler(bag);
  const messages = await observed('cache', () => handler(bag));
  expect(messages).toContainEqual({ cache: 'program', outcome: 'hit' });
  expect(messages).not.toContainEqual(expect.objectContaining({ outcome: 'miss' }));
});

const adapterOf = useAdapters();

describe.each(ADAPTER_NAMES)('a resume handler that speaks fat, with the adapter of %s', (name) => {
  /** A lean bag and a bridge bag, as `migrate` leaves them in rows, and the adapter of the resume handler. */
  async function openRows() {
    const adapter = await adapterOf(name, { speaks: 'fat', segment: false });
    const lean = (await adapter.invoke(fatBag(), identity)) as Json;
    return { adapter, lean };
  }

  /** As the resume handlers of the pre and mid eras judge a row: without a config that is not empty it is corrupted. */
  const accepts = (context: unknown) => Object.keys((context as Json).workflow_config ?? {}).length > 0;

  test.each<[string, (bag: Json) => Json, (event: Json) => unknown]>([
    ['state_data', (bag) => ({ state_data: bag, answer: 42 }), (event) => event.state_data],
    ['bag', (bag) => ({ bag, answer: 42 }), (event) => event.bag],
    ['Payload', (bag) => ({ Payload: bag }), (event) => event.Payload],
    ['state_data.bag', (bag) => ({ state_data: { bag } }), (event) => (event.state_data as Json).bag],
    ['the root', (bag) => bag, (event) => event],
  ])('gets config and map of a lean row inline at %s of its event', async (_place, arrange, find) => {
    const { adapter, lean } = await openRows();
    const context = find((await adaptedBy(adapter, arrange(lean))) as Json) as Json;
    expect(accepts(context)).toBe(true);
    expect(context.workflow_config).toEqual(makeConfig());
    expect(context.partition_map).toEqual(fatBag().partition_map);
  });

  test.each<[string, (bag: Json) => Json]>([
    ['row.context', (bag) => ({ row: { ownerId: 'acme', context: bag }, answer: 42 })],
    ['context', (bag) => ({ taskToken: 't', context: bag })],
  ])('gets a row at %s of its event as it is, lean or bridge', async (_place, arrange) => {
    const { adapter, lean } = await openRows();
    expect(await adaptedBy(adapter, arrange(lean))).toEqual(arrange(lean));
    const pause = await adapterOf(name, { speaks: 'bridge', segment: false });
    const bridge = (await adaptedBy(pause, fatBag())) as Json;
    expect(await adaptedBy(adapter, arrange(bridge))).toEqual(arrange(bridge));
    expect([accepts(lean), accepts(bridge)]).toEqual([false, true]);
  });
});

test.each<[string, (context: Json) => unknown, (context: unknown) => unknown]>([
  ['a map', (context) => context, (context) => context],
  ['a JSON string', (context) => JSON.stringify(context), (context) => JSON.parse(context as string) as unknown],
])('hydrated gives a handler the lean row that it read itself, as %s, in its old form', async (_, write, parse) => {
  const { lean, bag } = await pair();
  const row = { taskToken: 't', context: write(bag) };
  const { state_data } = (await lean.shim.read({ state_data: row.context }).hydrated()) as Json;
  expect(parse(state_data)).toMatchObject({ workflow_config: makeConfig(), partition_map: fatBag().partition_map });
});
