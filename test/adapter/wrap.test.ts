import { describe, expect, test } from 'vitest';
import { asAdded, fatBag, makeConfig, programAt, restOf, without } from './bags.js';
import type { Json } from './bags.js';
import { testShim } from './shims.js';

const CONTENT_ADDRESS = /^s3:\/\/bags\/workflow-(configs|partitions|manifests)\/acme\/invoices\/[0-9a-f]{64}\//;

/** Calls a wrapped handler that answers with its event, and gives both sides. */
async function seen(event: Json, options: Parameters<typeof testShim>[0] = {}) {
  const rig = testShim(options);
  let handed: Json = {};
  const handler = rig.shim.wrap<Json>((got) => {
    handed = got;
    return { ...got };
  });
  const result = (await handler(event)) as Json;
  return { ...rig, handed, result };
}

describe('an event on its way in', () => {
  test('that is a fat bag reaches the handler lean, with its program beside it', async () => {
    const { handed } = await seen(fatBag());
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(handed).not.toHaveProperty('workflow_config');
    expect(handed).not.toHaveProperty('partition_map');
    expect(handed.segment_manifest_s3_path).toMatch(CONTENT_ADDRESS);
    expect(handed).not.toHaveProperty('segment_index');
    expect(handed).not.toHaveProperty('manifest_s3_path');
  });

  test('stays what it was for the caller', async () => {
    const event = { state_data: { bag: fatBag(), next_action: 'CONTINUE' } };
    const copy = structuredClone(event);
    await seen(event);
    expect(event).toEqual(copy);
  });

  test('is itself what a JSON round trip makes of it', async () => {
    const { handed } = await seen({ state_data: fatBag(), segment_to_run: 0 });
    expect(JSON.parse(JSON.stringify(handed))).toEqual(handed);
    expect({ ...handed }.segment_config).toEqual(asAdded(programAt(fatBag(), 0)));
  });

  test.each([
    ['state_data', (bag: Json) => ({ state_data: bag })],
    ['state_data.bag', (bag: Json) => ({ state_data: { bag, next_action: 'CONTINUE' } })],
    ['bag', (bag: Json) => ({ bag })],
    ['Payload', (bag: Json) => ({ Payload: bag })],
    ['state_data.state_data', (bag: Json) => ({ state_data: { state_data: bag } })],
  ])('has its bag made lean in %s', async (path, wrap) => {
    const { handed } = await seen(wrap(fatBag()));
    const bag = path.split('.').reduce<Json>((value, name) => value[name] as Json, handed);
    expect(bag.partition_map_s3_path).toMatch(CONTENT_ADDRESS);
    expect(bag).not.toHaveProperty('partition_map');
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
  });

  test('keeps a bag in a JSON string a JSON string', async () => {
    const { handed } = await seen({ state_data: JSON.stringify(fatBag()) });
    expect(JSON.parse(handed.state_data as string)).toMatchObject({ state_bag_version: 2, ownerId: 'acme' });
  });

  test('keeps the map of a branch, which is its only copy, and runs the branch', async () => {
    const branch = [{ id: 7, type: 'normal', nodes: [{ id: 'b' }], node_ids: ['b'] }];
    const { handed } = await seen({
      state_data: fatBag(),
      segment_to_run: 0,
      partition_map: branch,
      branch_id: 'branch_0',
    });
    expect(handed.partition_map).toEqual(branch);
    expect(handed.segment_config).toEqual(asAdded(branch[0]));
    expect(handed).not.toHaveProperty('segment_manifest_s3_path');
    expect(handed.state_data).not.toHaveProperty('partition_map');
  });

  test('that holds no bag reaches the handler untouched', async () => {
    const event = { source: 'warm-up', detail: { workflow_config: {} } };
    const { handed, result } = await seen(event);
    expect(handed).toBe(event);
    expect(result).toEqual(event);
  });

  test('without a map is cut into segments as the legacy partitioner did', async () => {
    const bag = without(fatBag({ segment_to_run: 0 }), 'partition_map', 'segment_manifest_s3_path');
    const { handed, result } = await seen(bag);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 0)));
    expect(result.segment_manifest_s3_path).toMatch(CONTENT_ADDRESS);
  });
});

describe('a handler', () => {
  test('may change its program without touching the next invocation', async () => {
    const { shim } = testShim();
    const handler = shim.wrap<Json>((event) => {
      event.segment_config.nodes = 'spoilt';
      (event.segment_config.node_ids as unknown[]).push('spoilt');
      return without(event, 'segment_config');
    });
    const lean = (await handler(fatBag())) as Json;
    await handler(lean);
    expect(await shim.read(lean).segmentConfig()).toEqual(programAt(fatBag(), 1));
  });

  test('that throws is heard as it is, and nothing is written for it', async () => {
    const { shim } = testShim();
    const failure = new RangeError('mine');
    await expect(shim.wrap(() => Promise.reject(failure))(fatBag())).rejects.toBe(failure);
    expect(failure.name).toBe('RangeError');
  });

  test('with a callback is refused when it is wrapped', () => {
    const legacy = ((_event: unknown, _context: unknown, _done: unknown) => undefined) as never;
    expect(() => testShim().shim.wrap(legacy)).toThrow(
      expect.objectContaining({ code: 'HANDLER_INVALID', name: 'ConfigError' }),
    );
  });

  test('that runs no segment is not asked for one', async () => {
    const { shim } = testShim();
    const handler = shim.wrap<Json, Json>((event) => event, { segment: false });
    const result = await handler(fatBag({ segment_to_run: 99 }));
    expect(result).not.toHaveProperty('segment_config');
    expect(result.partition_map_s3_path).toMatch(CONTENT_ADDRESS);
  });

  test('gets the context it was called with', async () => {
    const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 5_000 };
    const handler = testShim().shim.wrap<Json, string, typeof context>((_event, given) => given.awsRequestId);
    expect(await handler(fatBag(), context)).toBe('r-1');
  });
});

describe('a result on its way back', () => {
  test('holds none of what the shim put into the event', async () => {
    const { result } = await seen(fatBag());
    expect(result).not.toHaveProperty('segment_config');
    expect(result).not.toHaveProperty('segment_index');
    expect(result).not.toHaveProperty('manifest_s3_path');
    expect(restOf(result)).toEqual(restOf(fatBag()));
  });

  test('does not carry a changed program into the next event', async () => {
    const { shim } = testShim();
    const handler = shim.wrap<Json, Json>((event) => ({
      ...event,
      segment_config: { ...event.segment_config, healed: true },
      segment_to_run: 2,
    }));
    const result = await handler(fatBag());
    expect(result).not.toHaveProperty('segment_config');
    expect(await shim.read(result).segmentConfig()).toEqual(programAt(fatBag(), 2));
  });

  test('keeps what the event itself said beside the bag', async () => {
    const event = { state_data: fatBag({ segment_index: 1 }), segment_index: 0, execution_mode: 'SAFE' };
    const { result } = await seen(event);
    expect(result.segment_index).toBe(0);
    expect(result.state_data).toMatchObject({ segment_index: 1 });
  });

  test('loses the flags of the initialiser', async () => {
    const { result } = await seen({ state_data: { bag: fatBag(), next_action: 'STARTED' } });
    const { bag } = result.state_data as { bag: Json };
    expect(bag).not.toHaveProperty('_is_init');
    expect(bag).not.toHaveProperty('_status');
    expect((result.state_data as Json).next_action).toBe('STARTED');
  });

  test('gets a fat bag made lean that the handler put into it', async () => {
    const { shim } = testShim();
    const handler = shim.wrap<Json, Json>(() => ({ bag: fatBag(), next_action: 'CONTINUE' }));
    const result = await handler({ action: 'initialise' });
    expect(result).toMatchObject({ bag: { state_bag_version: 2 }, next_action: 'CONTINUE' });
    expect(result.bag).not.toHaveProperty('workflow_config');
  });

  test.each([[null], [undefined], ['done'], [[1, null, 3]], [{ statusCode: 200, body: '{"workflow_config":{}}' }]])(
    'stays %j when it holds no bag',
    async (answer) => {
      const { shim } = testShim();
      expect(await shim.wrap(() => answer as unknown)(fatBag())).toEqual(answer);
    },
  );

  test('is not given a bag when it has none, although the event had one', async () => {
    const { shim } = testShim();
    const answer = { status: 'COMPLETE', final_state: { current_state: 1, total_segments: 3 } };
    expect(await shim.wrap(() => answer)(fatBag())).toEqual(answer);
  });

  test('is the same from the same event, lean or fat', async () => {
    const { shim } = testShim();
    const handler = shim.wrap<Json, Json>((event) => ({ ...(event as Json), segment_to_run: 2 }));
    const once = await handler(fatBag());
    expect(await handler({ ...once, segment_to_run: 1 })).toEqual(once);
  });

  test('makes a new manifest when the handler put another map into its bag', async () => {
    const { shim } = testShim();
    const map = [...(fatBag().partition_map as Json[]), { id: 99, type: 'normal', nodes: [], node_ids: ['added'] }];
    const handler = shim.wrap<Json, Json>((event) => ({
      ...(event as Json),
      partition_map: map,
      segment_to_run: map.length - 1,
    }));
    const result = await handler(fatBag());
    expect(await shim.read(result).segmentConfig()).toEqual(map.at(-1));
    expect(result.workflow_config_s3_path).toMatch(CONTENT_ADDRESS);
    expect(await shim.read({ ...result, segment_to_run: 0 }).segmentConfig()).toEqual(map[0]);
  });
});

test('a read gives everything there is to know without following anything', () => {
  const { shim, calls } = testShim();
  const reading = shim.read({ state_data: { bag: fatBag() } });
  expect(reading).toMatchObject({
    mode: 'rewrite',
    generation: 'fat',
    envelope: ['state_data', 'bag'],
    ownerId: 'acme',
    workflowId: 'invoices',
  });
  expect(reading.bag).toEqual(fatBag());
  expect(calls).toHaveLength(0);
});

test('a hydrated event has everything inline again, in the place of its pointers', async () => {
  const { shim } = testShim();
  const lean = (await shim.write({ bag: fatBag() })) as { bag: Json };
  const hydrated = (await shim.read(lean).hydrated()) as { bag: Json };
  expect(hydrated.bag.workflow_config).toEqual(makeConfig());
  expect(hydrated.bag.partition_map).toEqual(fatBag().partition_map);
  expect(Object.keys(restOf(hydrated.bag))).toEqual(Object.keys(restOf(fatBag())));
});

test('a reading of another making is refused by write', async () => {
  const { shim } = testShim();
  await expect(shim.write({}, { mode: 'rewrite' } as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});
