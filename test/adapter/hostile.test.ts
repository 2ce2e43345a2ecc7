import { describe, expect, test } from 'vitest';
import { asAdded, fatBag, makeConfig, makeMap, programAt, restOf, without } from './bags.js';
import type { Json } from './bags.js';
import { putObject, testShim, testStore } from './shims.js';

const identity = (event: unknown) => ({ ...(event as Json) });

/** Passes a bag through a rewriting shim; gives what the handler saw and what went back. */
async function pass(bag: Json, store = testStore()) {
  const { shim } = testShim({}, store);
  let handed: Json = {};
  const result = await shim.wrap<Json, Json>((event) => ({ ...(handed = event as Json) }))(bag);
  return { handed, result, shim, store };
}

describe('maps', () => {
  test.each([-1, 0.5, 'abc', true, 99, '99'])(
    'an index of %j is an error, never another program',
    async (segment_to_run) => {
      const failing = pass(fatBag({ segment_to_run }));
      await expect(failing).rejects.toMatchObject({
        name: 'BagError',
        code: expect.stringMatching(/^SEGMENT_/) as string,
      });
    },
  );

  test('with nulls in them count without them, before and after', async () => {
    const map = makeMap(makeConfig());
    const { handed, result, shim } = await pass(
      fatBag({ partition_map: [null, ...map.slice(0, 1), null, ...map.slice(1)] }),
    );
    expect(handed.segment_config).toEqual(asAdded(map[1]));
    expect(await shim.read(result).segmentConfig()).toEqual(map[1]);
  });

  test('of 100,000 elements are read and made lean', async () => {
    const map = Array.from({ length: 100_000 }, (_, id) => ({ id, type: 'normal', nodes: [], node_ids: [`n${id}`] }));
    const { handed, shim, result } = await pass(fatBag({ partition_map: map, segment_to_run: 99_999 }));
    expect(handed.segment_config).toEqual(asAdded(map[99_999]));
    expect(await shim.read(result).segmentConfig()).toEqual(map[99_999]);
  });

  test.each([
    ['a number', 7],
    ['true', true],
    ['text', 'no map'],
  ])('that are %s are an error', async (_, partition_map) => {
    await expect(pass(fatBag({ partition_map }))).rejects.toMatchObject({ code: 'MAP_INVALID' });
  });

  test('that hold user data of the same name are not taken for programs', async () => {
    const { handed } = await pass(
      without(
        fatBag({ partition_map: [{ partition_id: 0, items: [1] }], segment_to_run: 0 }),
        'segment_manifest_s3_path',
      ),
    );
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 0)));
  });
});

describe('pointers', () => {
  const pointer = (key: string, more: Json = {}) => ({
    __s3_pointer__: true,
    bucket: 'bags',
    key,
    size_bytes: 1,
    checksum: '',
    field_name: 'partition_map',
    created_at: 0,
    ...more,
  });
  const pointing = (partition_map: unknown) =>
    without(fatBag({ partition_map }), 'workflow_config', 'segment_manifest_s3_path');

  test('to themselves and to one another are not followed', async () => {
    const store = testStore();
    await putObject(store, 'self.json', pointer('self.json'));
    await expect(pass(pointing(pointer('self.json')), store)).rejects.toMatchObject({
      code: 'POINTER_CHAIN',
      name: 'PointerError',
    });
  });

  test.each([
    ['to a bucket that is not allowed', pointer('map.json', { bucket: 'elsewhere' }), 'POINTER_NOT_ALLOWED'],
    [
      'to the folder of another owner',
      pointer('workflow-partitions/other/invoices/partition_map.json'),
      'POINTER_FOREIGN_OWNER',
    ],
    [
      "to another owner's execution",
      pointer('workflows/invoices/executions/other#auto#1/partition_map_1.json'),
      'POINTER_FOREIGN_OWNER',
    ],
    ['to nothing', pointer('gone.json'), 'POINTER_DANGLING'],
    ['with a checksum that does not match', pointer('map.json', { checksum: '00000000' }), 'CHECKSUM_MISMATCH'],
  ])('%s are an error', async (_, partition_map, code) => {
    const store = testStore();
    await putObject(store, 'map.json', makeMap(makeConfig()));
    await expect(pass(pointing(partition_map), store)).rejects.toMatchObject({ code });
  });

  test("into another owner's cached blobs are refused though the digest is known", async () => {
    const store = testStore();
    const { shim, result } = await pass(fatBag(), store);
    const stolen = { ...result, ownerId: 'thief' };
    await expect(shim.read(stolen).segmentConfig()).rejects.toMatchObject({ code: 'POINTER_FOREIGN_OWNER' });
    const own = Object.fromEntries(
      Object.entries(stolen).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replace('/acme/', '/thief/') : value,
      ]),
    );
    await expect(shim.read(own).segmentConfig()).rejects.toMatchObject({ code: 'POINTER_DANGLING' });
  });

  test('in user data are data', async () => {
    const current_state = {
      a: pointer('x'),
      list: [pointer('y')],
      __s3_offloaded: false,
      deep: { workflow_config: pointer('z'), partition_map: [pointer('z')] },
    };
    const { handed, result, store } = await pass(fatBag({ current_state }));
    expect(handed.current_state).toEqual(current_state);
    expect(result.current_state).toEqual(current_state);
    expect(store.calls.filter(({ operation }) => operation === 'get')).toHaveLength(0);
  });

  test('that lie where the shim writes, in front of the manifest of another document, fall through to the map', async () => {
    const store = testStore();
    const { result } = await pass(fatBag(), store);
    const other = await putObject(store, 'results/manifest.json', { DestinationBucket: 'bags', ResultFiles: {} });
    const { handed } = await pass({ ...result, segment_manifest_s3_path: other }, testStore(store.objects));
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
  });
});

describe('ids', () => {
  test.each(['../../etc', 'a/b', 'a#b', '%2e%2e', '.', '', '한국어', '\ud800', 'x'.repeat(3_000), '__proto__'])(
    '%j stay below their own prefix',
    async (ownerId) => {
      const { result, store, shim } = await pass(fatBag({ ownerId }));
      for (const key of await store.keys()) expect(key.split('/')).toHaveLength(5);
      expect(await shim.read(result).segmentConfig()).toEqual(programAt(fatBag(), 1));
    },
  );

  test('of two owners with one workflow never share blobs', async () => {
    const store = testStore();
    await pass(fatBag(), store);
    await pass(fatBag({ ownerId: 'other' }), store);
    expect(await store.keys()).toHaveLength(6);
  });
});

describe('members named __proto__', () => {
  const hostile = (text: string) => JSON.parse(text) as Json;

  test('stay own members of bag, state and program, on both ways', async () => {
    const extra = '"__proto__":{"polluted":true}';
    const bag = hostile(
      JSON.stringify(fatBag())
        .replace('{', `{${extra},`)
        .replace('"current_state":{', `"current_state":{${extra},`)
        .replaceAll('"nodes":[{', `"nodes":[{${extra},`),
    );
    const { handed, result, shim } = await pass(bag);
    expect(JSON.stringify(handed.segment_config)).toBe(JSON.stringify(asAdded((bag.partition_map as Json[])[1])));
    expect(JSON.stringify(await shim.read(result).segmentConfig())).toBe(
      JSON.stringify((bag.partition_map as Json[])[1]),
    );
    expect(JSON.stringify(restOf(result))).toBe(JSON.stringify(restOf(bag)));
    expect(Object.hasOwn(result, '__proto__')).toBe(true);
    expect(({} as Json).polluted).toBeUndefined();
  });

  test('do not lend a bag what it does not have', async () => {
    const event = hostile(`{"__proto__":${JSON.stringify(fatBag())}}`);
    const { handed } = await pass(event);
    expect(handed).toBe(event);
  });
});

describe('values that are no JSON', () => {
  test('a result in a circle is a typed error', async () => {
    const circle: Json = {};
    circle.self = circle;
    await expect(testShim().shim.wrap(() => circle)(fatBag())).rejects.toMatchObject({
      code: 'NOT_JSON',
      name: 'BagError',
    });
  });

  test('dates and class instances in a returned config count as what JSON makes of them', async () => {
    const store = testStore();
    const { shim } = testShim({}, store);
    class Node {
      readonly id = 'a';
      readonly type = 'operator';
    }
    const config = (at: Date) => ({ ...makeConfig(1), nodes: [new Node()], created: at });
    const write = async (at: Date) => (await shim.write(fatBag({ workflow_config: config(at) }))) as Json;
    const [first, second] = [await write(new Date(0)), await write(new Date(1))];
    expect(first.workflow_config_s3_path).not.toBe(second.workflow_config_s3_path);
  });

  test('a program nested too deep is refused', async () => {
    const deep = JSON.parse('{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)) as Json;
    await expect(pass(fatBag({ partition_map: [deep], segment_to_run: 0 }))).rejects.toMatchObject({
      code: 'JSON_TOO_DEEP',
    });
  });
});

describe('a bag inside a JSON string', () => {
  test('whose numbers JavaScript cannot repeat is run and left as it is', async () => {
    const text = JSON.stringify(fatBag()).replace('"rows":12', '"rows":12345678901234567890');
    const { handed, result } = await pass({ state_data: text });
    expect(handed.state_data).toBe(text);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(result).toEqual({ state_data: text, segment_config: asAdded(programAt(fatBag(), 1)) });
  });

  test('goes back as a string', async () => {
    const { result } = await pass({ Payload: JSON.stringify({ state_data: fatBag() }) });
    const bag = (JSON.parse(result.Payload as string) as { state_data: Json }).state_data;
    expect(restOf(bag)).toEqual(restOf(fatBag()));
    expect(bag.state_bag_version).toBe(2);
  });
});

test('identity keeps everything but what was offloaded', async () => {
  const { shim } = testShim();
  const result = await shim.wrap(identity)(fatBag());
  expect(restOf(result)).toEqual(restOf(fatBag()));
});
