import { describe, expect, test } from 'vitest';
import { buildLeanBag, resolveSegmentConfig, validateLeanBag } from 'statebag-shim';
import type { BuildOptions, ResolveSegmentOptions, StoreSource } from 'statebag-shim';
import { fatBag, makeConfig, makeMap } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

const clock = () => 1769760000_250;
const ids = { ownerId: 'acme', workflowId: 'invoices' };

describe('the bag an execution starts with', () => {
  test('is lean, valid, and has every member that the state machines read', async () => {
    const { store } = testStore();
    const bag = await buildLeanBag({ ...ids, workflowConfig: makeConfig() }, store, { clock });
    expect(validateLeanBag(bag)).toEqual([]);
    expect(bag).toMatchObject({
      state_bag_version: 2,
      ...ids,
      segment_to_run: 0,
      loop_counter: 0,
      max_loop_iterations: 100,
      total_segments: 5,
      llm_segments: 2,
      hitp_segments: 0,
      distributed_strategy: 'SAFE',
      max_concurrency: 1,
      start_time: 1769760000,
      idempotency_key: expect.stringMatching(/^acme#auto#invoices#[0-9a-f]{16}$/) as string,
      current_state: { invoices: [] },
    });
    expect(bag).not.toHaveProperty('workflow_config');
    expect(bag).not.toHaveProperty('partition_map');
  });

  test('is held to the budget: an initial state of 300 KB leaves it', async () => {
    const store = testStore();
    const workflowConfig = { ...makeConfig(), initial_state: { doc: 'x'.repeat(300_000) } };
    const bag = await buildLeanBag({ ...ids, workflowConfig }, store.store);
    expect(JSON.stringify(bag).length).toBeLessThan(10_000);
    expect(bag.current_state).toMatchObject({ __s3_pointer__: true, field_name: 'current_state' });
    expect(validateLeanBag(bag)).toEqual([]);
    let handed: Json = {};
    await testShim({}, store).shim.wrap<Json>((event) => (handed = event as Json))(bag);
    expect(handed.current_state).toEqual({ doc: 'x'.repeat(300_000) });
  });

  test('that cannot fit is refused, and leaves no blob', async () => {
    const store = testStore();
    const options = { budget: { limitBytes: 600, headroomBytes: 0 } };
    await expect(buildLeanBag({ ...ids, workflowConfig: makeConfig() }, store.store, options)).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(await store.keys()).toEqual([]);
  });

  test('leads to every segment', async () => {
    const { store } = testStore();
    const bag = await buildLeanBag({ ...ids, workflowConfig: makeConfig() }, store);
    for (const [index, segment] of makeMap(makeConfig()).entries()) {
      expect(await resolveSegmentConfig(bag, store, { index })).toEqual({
        segmentConfig: segment,
        segmentIndex: index,
        source: 'manifest',
      });
    }
    await expect(resolveSegmentConfig(bag, store, { index: 5 })).rejects.toMatchObject({
      code: 'SEGMENT_OUT_OF_RANGE',
    });
  });

  test('has the pointers that a rewritten bag of the same workflow has', async () => {
    const store = testStore();
    const [config, map] = [makeConfig(), makeMap(makeConfig())];
    const built = await buildLeanBag({ ...ids, workflowConfig: config, partitionMap: map }, store.store);
    const rewritten = (await testShim({}, store).shim.write({
      ...ids,
      workflow_config: config,
      partition_map: map,
      segment_to_run: 0,
    })) as Json;
    for (const name of ['workflow_config_s3_path', 'partition_map_s3_path', 'segment_manifest_s3_path'])
      expect(built).toHaveProperty(name, rewritten[name]);
    expect(await store.keys()).toHaveLength(3);
  });

  test('takes further members, and others than the defaults', async () => {
    const { store } = testStore();
    const bag = {
      current_state: { rows: 1 },
      max_concurrency: 4,
      input: { a: 1 },
      segment_manifest_s3_path: 's3://other/manifest.json',
      manifest_id: 'm',
    };
    const built = await buildLeanBag({ ...ids, workflowConfig: makeConfig(), bag }, store);
    expect(built).toMatchObject({ current_state: { rows: 1 }, max_concurrency: 4, input: { a: 1 } });
    expect(built.segment_manifest_s3_path).toContain('/workflow-manifests/acme/invoices/');
    expect(built).not.toHaveProperty('manifest_id');
  });

  test('counts segments inside branches, and those of nested entries', async () => {
    const branch = {
      branch_id: 'b',
      partition_map: [
        { id: 1, type: 'llm', nodes: [], node_ids: [] },
        { id: 2, type: 'hitp', nodes: [], node_ids: [] },
      ],
    };
    const map = [
      { segment_id: 0, segment_config: { id: 3, type: 'parallel_group', branches: [branch], node_ids: [] } },
      { id: 4, type: 'llm', nodes: [], node_ids: [], branches: [{ condition: 'x', next: 1 }] },
    ];
    const built = await buildLeanBag(
      { ...ids, workflowConfig: makeConfig(), partitionMap: { 0: map[0], 1: map[1] } },
      testStore().store,
    );
    expect(built).toMatchObject({ total_segments: 2, llm_segments: 2, hitp_segments: 1 });
  });

  test('made twice in a second is the same, with nothing stored twice', async () => {
    const store = testStore();
    const build = () => buildLeanBag({ ...ids, workflowConfig: makeConfig() }, store.store, { clock });
    expect(await build()).toEqual(await build());
    expect(await store.keys()).toHaveLength(3);
  });

  test.each([
    [{ partitionmap: [] }, {}, 'partitionmap', 'the input of buildLeanBag'],
    [{ workflow_config: {} }, {}, 'workflow_config', 'the input of buildLeanBag'],
    [{}, { layouts: {} }, 'layouts', 'the options of buildLeanBag'],
    [{}, { mode: 'strict' }, 'mode', 'the options of buildLeanBag'],
    [{}, { speaks: 'fat' }, 'speaks', 'the options of buildLeanBag'],
  ])('is refused for the unknown names of %j and %j, and leaves no blob', async (more, options, name, where) => {
    const store = testStore();
    const input = { ...ids, workflowConfig: makeConfig(), ...more };
    await expect(buildLeanBag(input, store.store, options as BuildOptions)).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'OPTION_UNKNOWN',
      message: expect.stringContaining(`"${name}" is no option of ${where}; there are `) as string,
    });
    expect(await store.keys()).toEqual([]);
  });

  test('is refused without a store, with the code STORE_MISSING', async () => {
    await expect(
      buildLeanBag({ ...ids, workflowConfig: makeConfig() }, undefined as unknown as StoreSource),
    ).rejects.toMatchObject({ code: 'STORE_MISSING' });
  });

  test('leaves its input as it is', async () => {
    const config = makeConfig();
    await buildLeanBag({ ...ids, workflowConfig: config }, testStore().store);
    expect(config).toEqual(makeConfig());
  });

  test.each([
    [{ ...ids, workflowConfig: [] as never }, 'WORKFLOW_INVALID'],
    [{ ...ids, workflowConfig: { nodes: [{ id: 'a' }], edges: [{ source: 'a', target: 'a' }] } }, 'WORKFLOW_CYCLE'],
    [{ ...ids, workflowConfig: makeConfig(), partitionMap: { a: {} } }, 'MAP_NOT_POSITIONAL'],
    [{ ...ids, workflowConfig: makeConfig(), partitionMap: 'x' }, 'MAP_INVALID'],
    [{ ...ids, ownerId: '', workflowConfig: makeConfig() }, 'BAG_INVALID'],
    [{ ...ids, workflowConfig: { nodes: [], edges: [] } }, 'BAG_INVALID'],
    [{ ...ids, workflowConfig: makeConfig(), partitionMap: [null, ...makeMap(makeConfig())] }, 'MAP_HAS_NULLS'],
    [{ ...ids, workflowConfig: makeConfig(), bag: { start_time: null } }, 'BAG_INVALID'],
  ])('is not made of what cannot be run, and nothing is stored: %#', async (input, code) => {
    const { store, keys } = testStore();
    await expect(buildLeanBag(input, store)).rejects.toMatchObject({ code });
    expect(await keys()).toEqual([]);
  });

  test.each([null, undefined, {}, [], ''])(
    'has no config when it is made of a map and the config %j',
    async (config) => {
      const input = { ...ids, workflowConfig: config as never, partitionMap: makeMap(makeConfig()) };
      const bag = await buildLeanBag(input, testStore().store);
      expect(validateLeanBag(bag)).toEqual([]);
      expect(bag).toMatchObject({ total_segments: 5, current_state: {} });
      expect(bag).not.toHaveProperty('workflow_config_s3_path');
    },
  );

  test('goes with the layout and the form of manifest that are asked for', async () => {
    const { store } = testStore();
    const layout = { manifest: 'm/{ownerId}/{workflowId}/{sha256}/m.json' };
    const built = await buildLeanBag({ ...ids, workflowConfig: makeConfig() }, store, { manifest: 'envelope', layout });
    expect(built.segment_manifest_s3_path).toMatch(/^s3:\/\/bags\/m\/acme\/invoices\//);
    expect(await resolveSegmentConfig(built, store, { layout })).toMatchObject({ source: 'manifest' });
  });
});

describe('resolveSegmentConfig', () => {
  test('refuses an option that it does not have', async () => {
    const options = { segmentIndex: 0 } as ResolveSegmentOptions;
    await expect(resolveSegmentConfig(fatBag(), testStore().store, options)).rejects.toMatchObject({
      code: 'OPTION_UNKNOWN',
      message: '"segmentIndex" is no option of resolveSegmentConfig; there are index, signal, layout',
    });
  });

  test('refuses what is not a store', async () => {
    const store = { bucket: 'bags' } as unknown as StoreSource;
    await expect(resolveSegmentConfig(fatBag(), store)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
