import { describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { createStateBagShim } from 'statebag-shim';
import type { Speech } from 'statebag-shim';
import { WireShim } from '../../src/wire/wire-shim.js';
import { fatBag, makeConfig, without } from './bags.js';
import type { Json } from './bags.js';
import { putObject, testStore } from './shims.js';
import type { TestStore } from './shims.js';

/** One adapter over one store: an event to its handler, a handler's answer on its way back. */
interface Adapter {
  readonly adapt: (event: unknown) => Promise<unknown>;
  readonly finish: (result: unknown) => Promise<unknown>;
}

const LIMIT = { limitBytes: 20_000, headroomBytes: 0 };

const ADAPTERS: Readonly<Record<string, (store: TestStore, speaks: Speech) => Adapter>> = {
  objects: ({ store }, speaks) => {
    const shim = createStateBagShim({ store, mode: 'rewrite', speaks, budget: LIMIT });
    return { adapt: (event) => shim.read(event).runnerEvent(), finish: (result) => shim.write(result) };
  },
  bytes: ({ store }, speaks) => {
    const shim = new WireShim({ store, mode: 'rewrite', speaks, budget: LIMIT }, MIGRATIONS);
    const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
    const valueOf = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as unknown;
    return {
      adapt: async (event) => valueOf((await shim.adapt(bytesOf(event))).bytes),
      finish: async (result) => valueOf(await shim.seal(bytesOf(result))),
    };
  },
};

/** A bag whose state left it, as the shim returned it. */
async function bagWithOffloadedState(adapter: Adapter): Promise<Json> {
  return (await adapter.finish(fatBag({ current_state: { doc: 'x'.repeat(30_000) } }))) as Json;
}

const BRIDGE = {
  __s3_pointer__: true,
  bucket: 'bags',
  key: 'legacy/config.json',
  size_bytes: 2,
  checksum: '',
  field_name: 'workflow_config',
  created_at: 1,
};

describe.each(['objects', 'bytes'] as const)('with the adapter of %s', (name) => {
  describe.each(['lean', 'fat'] as const)('for a handler that speaks %s', (speaks) => {
    /** Where data and a pointer may meet, from the pure pointer in `bag.current_state`. */
    const PLACES: Readonly<Record<string, (bag: Json, mixed: Json) => unknown>> = {
      'the state of a bag': (bag, mixed) => ({ ...bag, current_state: mixed }),
      'the state of a wrapped bag': (bag, mixed) => ({ state_data: { ...bag, current_state: mixed } }),
      'a value inside the state': (bag, mixed) => ({ ...bag, current_state: { merged: [mixed] } }),
      'a bag in a list': (bag, mixed) => ({ results: [{ bag: { ...bag, current_state: mixed } }] }),
      'a JSON string': (bag, mixed) => ({ ...bag, note: JSON.stringify({ bag: { ...bag, current_state: mixed } }) }),
      'the whole value': (_bag, mixed) => mixed,
      'a list of values': (_bag, mixed) => ({ values: [mixed] }),
    };

    test.each(Object.entries(PLACES))(
      'a pointer of the shim with merged data in %s is refused on both ways',
      async (_place, arrange) => {
        const adapter = ADAPTERS[name]!(testStore(), speaks);
        const bag = await bagWithOffloadedState(adapter);
        const mixed = arrange(bag, { ...(bag.current_state as Json), answer: 42 });
        await expect(adapter.adapt(mixed)).rejects.toMatchObject({
          code: 'POINTER_MIXED',
          name: 'PointerError',
          retryable: false,
        });
        await expect(adapter.finish(mixed)).rejects.toMatchObject({ code: 'POINTER_MIXED' });
      },
    );

    test.each(['workflow_config', 'partition_map'])(
      'a legacy pointer with merged data under %s is refused on both ways',
      async (member) => {
        const store = testStore();
        const adapter = ADAPTERS[name]!(store, speaks);
        await putObject(store, BRIDGE.key, makeConfig());
        const mixed = fatBag({ [member]: { ...BRIDGE, nodes: [] } });
        await expect(adapter.adapt(mixed)).rejects.toMatchObject({ code: 'POINTER_MIXED' });
        await expect(adapter.finish({ bag: mixed })).rejects.toMatchObject({ code: 'POINTER_MIXED' });
        await expect(adapter.finish({ results: [mixed] })).rejects.toMatchObject({ code: 'POINTER_MIXED' });
      },
    );

    test.each([
      ['__s3_offloaded', { __s3_offloaded: true, __s3_path: 's3://bags/legacy/config.json', nodes: [] }],
      ['s3_reference', { type: 's3_reference', s3_path: 's3://bags/legacy/config.json', nodes: [] }],
    ])(
      'a pointer of the dialect %s with merged data under workflow_config is refused on both ways',
      async (_dialect, pointer) => {
        const adapter = ADAPTERS[name]!(testStore(), speaks);
        await expect(adapter.adapt(fatBag({ workflow_config: pointer }))).rejects.toMatchObject({
          code: 'POINTER_MIXED',
        });
        await expect(adapter.finish(fatBag({ workflow_config: pointer }))).rejects.toMatchObject({
          code: 'POINTER_MIXED',
        });
      },
    );

    test('a refused result leaves no blob behind', async () => {
      const store = testStore();
      const adapter = ADAPTERS[name]!(store, speaks);
      await expect(adapter.finish(fatBag({ partition_map: { ...BRIDGE, answer: 1 } }))).rejects.toMatchObject({
        code: 'POINTER_MIXED',
      });
      expect(await store.keys()).toEqual([]);
    });

    test('a pointer without further members is followed, and pointers in user data pass', async () => {
      const store = testStore();
      const adapter = ADAPTERS[name]!(store, speaks);
      const bag = await bagWithOffloadedState(adapter);
      expect(await adapter.adapt(bag)).toMatchObject({ current_state: { doc: 'x'.repeat(30_000) } });
      const user = {
        upload: { ...BRIDGE, key: `uploads/${'0'.repeat(64)}/doc.json`, title: 'mine' },
        legacy: { ...BRIDGE, note: 'mine' },
        off: { __s3_offloaded: true, __s3_path: 's3://b/k', note: 'mine' },
        false: { __s3_pointer__: false, answer: 1 },
      };
      const event = without(fatBag({ current_state: user }), 'segment_manifest_s3_path');
      expect(await adapter.adapt(event)).toMatchObject({ current_state: user });
      expect(await adapter.finish(event)).toMatchObject({ current_state: user });
    });
  });
});

test('a merge over an offloaded state that the shim did not see is an error instead of lost answers', async () => {
  const { store } = testStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: LIMIT });
  const branch = async (answer: Json) =>
    (await shim.write({ bag: fatBag({ current_state: { doc: 'x'.repeat(30_000), ...answer } }) })) as { bag: Json };
  const merge = shim.wrap<Json>(
    (event) => {
      const { bag } = event.state_data as { bag: Json };
      const states = (event.branch_results as { bag: Json }[]).map(
        ({ bag: { current_state } }) => current_state as Json,
      );
      return { bag: { ...bag, current_state: Object.assign({}, bag.current_state, ...states) as Json } };
    },
    { segment: false },
  );
  const event = {
    state_data: { bag: fatBag() },
    branch_results: [await branch({ left: 1 }), await branch({ right: 2 })],
  };
  await expect(merge(event)).rejects.toMatchObject({ code: 'POINTER_MIXED' });
});
