import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStateBagShim, type LambdaContext, type SegmentMembers, type ShimOptions } from 'statebag-shim';
import { stateBagMiddleware } from 'statebag-shim/middy';
import type { MiddyRequest } from 'statebag-shim/middy';
import { ProxiedFunction } from '../runtime-proxy/in-process.js';
import { asAdded, fatBag, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

const expecting = (owner: string, options: Partial<ShimOptions> = {}) =>
  testShim({ ...options, expectedOwner: () => owner });
const MISMATCH = { code: 'OWNER_MISMATCH' };

/** Events of the owner `acme`, as every level may say it. */
const EVENTS: readonly (readonly [string, Json])[] = [
  ['a bag', fatBag()],
  ['a bag with the other spelling', { ...without(fatBag(), 'ownerId'), owner_id: 'acme' }],
  ['a wrapper around a bag that names none', { ownerId: 'acme', state_data: without(fatBag(), 'ownerId') }],
  ['a bag in a JSON string', { Payload: JSON.stringify({ bag: fatBag() }) }],
];

describe('expectedOwner', () => {
  it.each(EVENTS)('refuses an event and a result of another owner in %s', async (_, event) => {
    for (const options of [{}, { speaks: 'fat' as const }, { mode: 'strict' as const }]) {
      const { shim, keys } = expecting('other', options);
      await expect(shim.wrap(() => 'never')(event)).rejects.toMatchObject(MISMATCH);
      await expect(shim.wrap(() => 'never', { segment: false })(event)).rejects.toMatchObject(MISMATCH);
      await expect(shim.wrap(() => event)({})).rejects.toMatchObject(MISMATCH);
      await expect(shim.read(event).segment()).rejects.toMatchObject(MISMATCH);
      await expect(shim.read(event).hydrated()).rejects.toMatchObject(MISMATCH);
      await expect(shim.read(event).runnerEvent()).rejects.toMatchObject(MISMATCH);
      await expect(shim.write(event)).rejects.toMatchObject(MISMATCH);
      expect(await keys()).toEqual([]);
    }
  });

  it.each(EVENTS)('lets an event and a result of that owner pass in %s', async (_, event) => {
    const { shim } = expecting('acme');
    expect((await shim.read(event).segment()).segmentConfig).toEqual(programAt(fatBag(), 1));
    await expect(shim.wrap(() => event)(event)).resolves.toBeDefined();
  });

  it('refuses a lean result of another owner', async () => {
    const lean = await testShim().shim.write(fatBag());
    await expect(expecting('other').shim.write(lean)).rejects.toMatchObject(MISMATCH);
    expect(await expecting('acme').shim.write(lean)).toEqual(lean);
  });

  it('compares the digits of an owner that is a number', async () => {
    const event = fatBag({ ownerId: 7 });
    expect((await expecting('7').shim.read(event).segment()).segmentIndex).toBe(1);
    await expect(expecting('7.0').shim.read(event).segment()).rejects.toMatchObject(MISMATCH);
  });

  it('gives no owner to a bag that names none', async () => {
    const event = without(fatBag(), 'ownerId');
    const lean = (await expecting('acme').shim.write(event)) as Json;
    expect(lean.partition_map_s3_path).toMatch('s3://bags/workflow-partitions/_/invoices/');
    const store = testStore();
    const owned = (await testShim({}, store).shim.write(fatBag())) as Json;
    const stranger = createStateBagShim({ store: store.store, mode: 'rewrite', expectedOwner: () => 'acme' });
    await expect(stranger.read(without(owned, 'ownerId')).segment()).rejects.toMatchObject({
      code: expect.stringMatching(/^POINTER_/) as string,
    });
  });

  it('passes what holds no bag', async () => {
    const { shim } = expecting('other');
    expect(await shim.wrap((event: unknown) => event)({ ownerId: 'acme' })).toEqual({ ownerId: 'acme' });
    expect(await shim.write(['acme'])).toEqual(['acme']);
  });

  it('is asked once for an event, with the event and the context, and not in the mode observe', async () => {
    const asked: unknown[] = [];
    const options = (mode: 'observe' | 'rewrite'): ShimOptions => ({
      store: testStore().store,
      mode,
      expectedOwner: (event: { readonly tenant: string }, context: LambdaContext & { readonly id?: number }) => {
        asked.push([event, context]);
        return event.tenant;
      },
    });
    const event = { tenant: 'acme', state_data: fatBag() };
    const context: LambdaContext & { readonly id: number } = { id: 7 };
    const handler = () => Promise.resolve({ bag: fatBag() });
    await createStateBagShim(options('rewrite')).wrap(handler)(event, context);
    expect(asked).toEqual([[event, context]]);
    await createStateBagShim(options('observe')).wrap(handler)({ ...event, tenant: 'other' }, context);
    expect(asked).toHaveLength(1);
  });

  it('is asked with no event for a result without a reading', async () => {
    const asked: unknown[] = [];
    const { shim } = testShim({ expectedOwner: (event, context) => (asked.push([event, context]), 'acme') });
    const context = {};
    await shim.write(fatBag(), undefined, context);
    expect(asked).toEqual([[undefined, context]]);
  });

  it('lets an event of another owner pass untouched in the mode shadow', async () => {
    const { shim, keys } = expecting('other', { mode: 'shadow' });
    expect(await shim.wrap((event: unknown) => event)(fatBag())).toEqual(fatBag());
    expect(await keys()).toEqual([]);
  });

  it('is asked by the middy middleware too', async () => {
    const middleware = stateBagMiddleware(expecting('acme').shim);
    const requestOf = (event: Json) => ({ event }) as unknown as MiddyRequest<SegmentMembers>;
    await expect(middleware.before(requestOf(fatBag({ ownerId: 'other' })))).rejects.toMatchObject(MISMATCH);
    const request = requestOf(fatBag());
    await middleware.before(request);
    request.response = { bag: fatBag({ ownerId: 'other' }) };
    await expect(middleware.after(request)).rejects.toMatchObject(MISMATCH);
  });

  it.each([undefined, null, '', 7])('is an error when it gives %j', async (owner) => {
    const { shim, keys } = expecting(owner as unknown as string);
    const invalid = { code: 'OPTION_INVALID' };
    await expect(shim.read(fatBag()).segment()).rejects.toMatchObject(invalid);
    await expect(shim.wrap(() => 'never')(fatBag())).rejects.toMatchObject(invalid);
    await expect(shim.write(fatBag())).rejects.toMatchObject(invalid);
    expect(await keys()).toEqual([]);
  });

  it('is an invalid option when it is not a function', () => {
    const options = { store: testStore().store, expectedOwner: 'acme' } as unknown as ShimOptions;
    expect(() => createStateBagShim(options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });

  it('is shown in the message as the place of the owner', async () => {
    await expect(expecting('other').shim.read({ bag: fatBag() }).segment()).rejects.toThrow(
      'two places name different owners: "other" at the option expectedOwner and "acme" at /bag; ',
    );
  });
});

describe('STATEBAG_EXPECTED_OWNER', () => {
  const proxy = new ProxiedFunction();
  beforeAll(() => proxy.start({ MODE: 'rewrite', EXPECTED_OWNER: 'acme' }));
  afterAll(() => proxy.stop());

  it.each(EVENTS)('lets an event and an answer of that owner pass in %s', async (_, event) => {
    let handed: Json = {};
    await proxy.invoke(JSON.stringify(event), (bytes) => {
      handed = JSON.parse(bytes.toString()) as Json;
      return bytes;
    });
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
  });

  it('refuses an event and an answer of another owner', async () => {
    const event = fatBag({ ownerId: 'other' });
    for (const text of [JSON.stringify(event), JSON.stringify({ state_data: event })]) {
      await expect(proxy.invoke(text, () => 'never')).rejects.toMatchObject(MISMATCH);
      await expect(proxy.invoke('{}', () => text)).rejects.toMatchObject(MISMATCH);
    }
  });
});
