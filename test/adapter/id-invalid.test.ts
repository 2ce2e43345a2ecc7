import { describe, expect, it } from 'vitest';
import { buildLeanBag, createStateBagShim, resolveSegmentConfig } from 'statebag-shim';
import { adaptedBy, finishedBy, useAdapters } from './adapters.js';
import { fatBag, makeConfig, programAt } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

/** Ids that `JSON.parse` may have rounded, or that are no ids, as an object adapter sees them. */
const INVALID: readonly (readonly [string, unknown])[] = [
  ['2^53, to which 2^53 + 1 is rounded', 2 ** 53],
  ['a larger whole number', 1e21],
  ['a negative number beyond -2^53', -(2 ** 53)],
  ['a number with a fraction', 7.5],
  ['minus zero', -0],
  ['true', true],
  ['false', false],
  ['an object', { S: 'acme' }],
  ['an empty object', {}],
  ['a list', ['acme']],
];

const NAMES = ['ownerId', 'owner_id', 'workflowId', 'workflow_id'] as const;

/** Events with that member in the bag, in its wrapper, and in a bag that is a JSON string. */
const places = (name: string, id: unknown): readonly Json[] => [
  fatBag({ [name]: id }),
  { [name]: id, state_data: fatBag() },
  { Payload: { state_data: fatBag({ [name]: id }) } },
];

const adapterOf = useAdapters();

describe('an id that is not text and not an exact whole number', () => {
  it.each(INVALID)('is refused by the library when it is %s', async (_, id) => {
    for (const name of NAMES) {
      for (const event of places(name, id)) {
        const { shim, keys, store } = testShim();
        const refused = { name: 'BagError', code: 'ID_INVALID' };
        await expect(shim.wrap(() => 'never')(event)).rejects.toMatchObject({ code: 'ID_INVALID' });
        await expect(shim.wrap(() => 'never', { segment: false })(event)).rejects.toMatchObject({ code: 'ID_INVALID' });
        await expect(shim.read(event).segment()).rejects.toMatchObject(refused);
        await expect(shim.read(event).hydrated()).rejects.toMatchObject(refused);
        await expect(shim.write(event)).rejects.toMatchObject(refused);
        await expect(resolveSegmentConfig(event, store)).rejects.toMatchObject(refused);
        expect(await keys()).toEqual([]);
      }
    }
  });

  it.each(INVALID.filter(([, id]) => !Object.is(id, -0)))(
    'is refused by the byte adapter when it is %s',
    async (_, id) => {
      const bytes = await adapterOf('bytes');
      for (const event of places('ownerId', id)) {
        await expect(adaptedBy(bytes, event)).rejects.toMatchObject({ code: 'ID_INVALID' });
        await expect(finishedBy(bytes, event)).rejects.toMatchObject({ code: 'ID_INVALID' });
      }
    },
  );

  it('is refused in a lean bag, whose answer is not looked at further', async () => {
    const { shim } = testShim();
    const lean = (await shim.write(fatBag())) as Json;
    await expect(shim.write({ ...lean, ownerId: 2 ** 53 })).rejects.toMatchObject({ code: 'ID_INVALID' });
    await expect(shim.write({ ...lean, workflowId: true })).rejects.toMatchObject({ code: 'ID_INVALID' });
  });

  it('is named in the message with its place', async () => {
    const { shim } = testShim();
    await expect(shim.read({ state_data: fatBag({ owner_id: 2 ** 53 }) }).segment()).rejects.toThrow(
      /^owner_id at \/state_data is 9007199254740992, .*9,007,199,254,740,991/,
    );
    await expect(shim.read(fatBag({ workflowId: {} })).segment()).rejects.toThrow(
      /^workflowId at the root is an object, /,
    );
  });

  it('does not stop an event in the modes observe and shadow', async () => {
    for (const mode of ['observe', 'shadow'] as const) {
      const event = fatBag({ ownerId: 2 ** 53 });
      const { store, keys } = testStore();
      const shim = createStateBagShim({ store, mode });
      expect(await shim.wrap((input: unknown) => Promise.resolve(input))(event)).toEqual(event);
      expect(await keys()).toEqual([]);
    }
  });

  it('is not given to the function that decides on the mode', () => {
    const asked: unknown[] = [];
    const shim = createStateBagShim({
      store: testStore().store,
      mode: ({ ownerId }) => (asked.push(ownerId), 'rewrite'),
    });
    expect(shim.read(fatBag({ ownerId: 2 ** 53 })).ownerId).toBe(undefined);
    expect(asked).toEqual([undefined]);
  });

  it('is nothing to an event without a bag', async () => {
    const event = { ownerId: 2 ** 53, rows: 1 };
    const { shim } = testShim();
    expect(await shim.wrap((input: unknown) => Promise.resolve(input))(event)).toEqual(event);
    expect(await adaptedBy(await adapterOf('bytes'), event)).toEqual(event);
  });

  it('is refused by buildLeanBag before anything is stored', async () => {
    const { store, keys } = testStore();
    const build = (members: Json, bag: Json = {}) =>
      buildLeanBag({ ownerId: 'acme', workflowId: 'invoices', workflowConfig: makeConfig(), bag, ...members }, store);
    await expect(build({ ownerId: 2 ** 53 })).rejects.toMatchObject({ code: 'ID_INVALID' });
    await expect(build({ workflowId: 7.5 })).rejects.toMatchObject({ code: 'ID_INVALID' });
    await expect(build({}, { owner_id: 'other' })).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
    expect(await keys()).toEqual([]);
  });
});

describe('an exact whole number as an id', () => {
  it.each([0, 7, -7, 2 ** 53 - 1])('is the same owner for both adapters when it is %d', async (id) => {
    const event = fatBag({ ownerId: id, workflowId: String(id) });
    for (const name of ['objects', 'bytes'] as const) {
      const adapter = await adapterOf(name, {}, `exact ${id}`);
      const lean = (await finishedBy(adapter, event)) as Json;
      expect(lean.partition_map_s3_path).toMatch(`s3://bags/workflow-partitions/${id}/${id}/`);
      const handed = (await adaptedBy(adapter, lean)) as { segment_config: Json };
      expect(handed.segment_config).toMatchObject(programAt(event, 1) as Json);
    }
  });
});
