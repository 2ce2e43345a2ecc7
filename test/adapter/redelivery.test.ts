import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ShimOptions } from 'statebag-shim';
import { WireShim } from '../../src/shim/wire-shim.js';
import { ADAPTER_NAMES } from './adapters.js';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

const LARGE = { current_state: { rows: 'r'.repeat(9_000) }, input: { text: 'i'.repeat(9_000) } };
const BUDGET = { budget: { limitBytes: 12_000, headroomBytes: 0 } };

const handle = (event: unknown) => ({ bag: { ...(event as Json), segment_to_run: 2 } });

async function once(event: Json) {
  const rig = testShim(BUDGET);
  return { result: await rig.shim.wrap(handle)(event), keys: await rig.keys() };
}

describe('the same event', () => {
  test('twice, in one container or in two, gives the same pointers and no further blobs', async () => {
    const { result, keys } = await once(fatBag(LARGE));
    const store = testStore();
    const handler = testShim(BUDGET, store).shim.wrap(handle);
    for (const again of [handler, handler, testShim(BUDGET, testStore(store.objects)).shim.wrap(handle)]) {
      expect(await again(fatBag(LARGE))).toEqual(result);
    }
    expect(await store.keys()).toEqual(keys);
  });

  test('many times at once does the same, and writes each blob once', async () => {
    const { result, keys } = await once(fatBag(LARGE));
    const store = testStore();
    const handler = testShim(BUDGET, store).shim.wrap(handle);
    const results = await Promise.all(Array.from({ length: 8 }, () => handler(fatBag(LARGE))));
    for (const other of results) expect(other).toEqual(result);
    expect(await store.keys()).toEqual(keys);
    expect(store.calls.filter(({ operation }) => operation === 'put')).toHaveLength(keys.length);
  });

  test('at once in containers that know nothing of each other does the same', async () => {
    const { result, keys } = await once(fatBag(LARGE));
    const { objects } = testStore();
    const stores = Array.from({ length: 4 }, () => testStore(objects));
    const results = await Promise.all(stores.map((store) => testShim(BUDGET, store).shim.wrap(handle)(fatBag(LARGE))));
    for (const other of results) expect(other).toEqual(result);
    expect(await stores[0]!.keys()).toEqual(keys);
  });

  test('after a crash at any call of the store ends as if there had been none', async () => {
    const { result, keys } = await once(fatBag(LARGE));
    const { calls } = await countCalls();
    for (let at = 0; at < calls; at++) {
      for (const moment of ['before', 'after'] as const) {
        const { objects } = testStore();
        await crash(objects, at, moment);
        const store = testStore(objects);
        expect(await testShim(BUDGET, store).shim.wrap(handle)(fatBag(LARGE))).toEqual(result);
        expect(await store.keys()).toEqual(keys);
      }
    }
  });

  test('after a crash between offloading and returning does the same', async () => {
    const { result, keys } = await once(fatBag(LARGE));
    const store = testStore();
    const crashing = testShim(BUDGET, store).shim.wrap(() => Promise.reject(new Error('killed')));
    await expect(crashing(fatBag(LARGE))).rejects.toThrow('killed');
    const restarted = testStore(store.objects);
    expect(await testShim(BUDGET, restarted).shim.wrap(handle)(fatBag(LARGE))).toEqual(result);
    expect(await restarted.keys()).toEqual(keys);
  });
});

async function countCalls(): Promise<{ readonly calls: number }> {
  const store = testStore();
  await testShim(BUDGET, store).shim.wrap(handle)(fatBag(LARGE));
  return { calls: store.calls.length };
}

class Crash extends Error {}

/** Lets one invocation die at its n-th call of the store, as a killed process does: nothing after it happens. */
async function crash(
  objects: ReturnType<typeof testStore>['objects'],
  at: number,
  moment: 'before' | 'after',
): Promise<void> {
  let count = 0;
  const dying = {
    ...objects,
    description: 'dying',
    keepsAttributes: true,
    get: (...args: Parameters<typeof objects.get>) => die(() => objects.get(...args)),
    put: (...args: Parameters<typeof objects.put>) => die(() => objects.put(...args)),
  };
  const die = async <T>(work: () => Promise<T>): Promise<T> => {
    const call = count++;
    if (call > at || (call === at && moment === 'before')) throw new Crash();
    const done = await work();
    if (call === at) throw new Crash();
    return done;
  };
  await expect(testShim(BUDGET, testStore(dying)).shim.wrap(handle)(fatBag(LARGE))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: expect.any(Crash) as unknown,
  });
}

describe.each(ADAPTER_NAMES)('an idempotency middleware inside of the wrapper, with the adapter of %s', (name) => {
  type Delivery = Pick<ShimOptions, 'store' | 'mode' | 'speaks'>;

  /** The event that a handler gets. */
  async function adapt(event: Json, options: Delivery): Promise<Json> {
    if (name === 'objects') return (await testShim(options).shim.read(event).runnerEvent()) as Json;
    const { bytes } = await new WireShim({ mode: 'rewrite', ...options }).adapt(Buffer.from(JSON.stringify(event)));
    return JSON.parse(Buffer.from(bytes).toString()) as Json;
  }

  /** Runs a handler once for each key, as the middleware does, over deliveries of one event in several forms. */
  async function countRuns(keyOf: (event: Json) => unknown, segment_to_run = 1): Promise<Set<string>> {
    const { store } = testStore();
    const down = () => Promise.reject(new Error('down'));
    const state_data = fatBag({ segment_to_run });
    const lean = (await testShim({ store }).shim.write({ state_data })) as Json;
    const deliveries: readonly (readonly [Json, Delivery])[] = [
      [{ state_data }, { store: down }],
      [{ state_data }, { store }],
      [{ state_data }, { store, speaks: 'bridge' }],
      [{ state_data }, { store, mode: 'observe' }],
      [lean, { store }],
      [lean, { store, speaks: 'fat' }],
    ];
    const events = await Promise.all(deliveries.map(([event, options]) => adapt(event, options)));
    return new Set(events.map((event) => JSON.stringify(keyOf(event))));
  }

  /** The key of the example in the documents: a member of the event, and members of that one in a list. */
  async function readExample(): Promise<(event: Json) => unknown> {
    const docs = await readFile(new URL('../../docs/adapter.md', import.meta.url), 'utf8');
    const [, bag = '', members = ''] = /eventKeyJmesPath: '(\w+)\.\[([\w, ]+)\]'/.exec(docs) ?? [];
    expect([bag, members]).toEqual(['state_data', 'idempotency_key, segment_to_run, loop_counter']);
    return (event) => members.split(', ').map((member) => (event[bag] as Json)[member]);
  }

  test('runs a handler once for a fat and a lean delivery with the key of the documents', async () => {
    const key = await readExample();
    expect(await countRuns(key)).toEqual(new Set(['["acme#auto#invoices#0123456789abcdef",1,1]']));
    expect(await countRuns(key, 2)).toEqual(new Set(['["acme#auto#invoices#0123456789abcdef",2,1]']));
  });

  test('runs a handler again for each form with a key of the whole event', async () => {
    expect((await countRuns((event) => event)).size).toBeGreaterThan(1);
  });
});
