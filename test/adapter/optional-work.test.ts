import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BlobStore, StoreSource } from 'statebag-shim';
import { WireShim } from '../../src/shim/wire-shim.js';
import { ADAPTER_NAMES } from './adapters.js';
import { asAdded, fatBag, programAt } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { hangingStore, testShim, testStore } from './shims.js';

/** A store that accepts, never answers and does not listen to a signal. */
function deafStore(): BlobStore & { readonly asked: () => number } {
  let asked = 0;
  const never = () => {
    asked += 1;
    return new Promise<never>(() => undefined);
  };
  return { bucket: 'bags', prefix: '', get: never, put: never, asked: () => asked } as unknown as BlobStore & {
    readonly asked: () => number;
  };
}

const remaining = (milliseconds: number) => ({ getRemainingTimeInMillis: () => milliseconds });

/** Milliseconds until the handler began. */
async function startOf(wrapped: (event: Json, context: object) => Promise<unknown>, event: Json, context: object) {
  const start = performance.now();
  let began = Infinity;
  await wrapped({ ...event, began: () => (began = performance.now() - start) }, context);
  return began;
}

const handler = (event: Json) => {
  (event.began as () => void)();
  return {};
};

describe.each([
  ['that hangs', hangingStore],
  ['that hangs and does not listen to a signal', deafStore],
])('with a store %s', (_, makeStore) => {
  test('a handler whose event carries its program starts after a second, and at once afterwards', async () => {
    const { shim } = testShim({ store: makeStore() });
    const wrapped = shim.wrap<Json>(handler);
    expect(await startOf(wrapped, fatBag(), remaining(60_000))).toBeGreaterThan(900);
    for (let again = 0; again < 3; again++)
      expect(await startOf(wrapped, fatBag(), remaining(60_000))).toBeLessThan(50);
  });

  test('the first start is within 1.2 seconds', async () => {
    const { shim } = testShim({ store: makeStore() });
    expect(await startOf(shim.wrap<Json>(handler), fatBag(), remaining(60_000))).toBeLessThan(1_200);
  });

  test('an invocation that ends sooner waits no longer than it has', async () => {
    const { shim } = testShim({ store: makeStore() });
    const began = await startOf(shim.wrap<Json>(handler), fatBag(), remaining(800));
    expect(began).toBeGreaterThan(250);
    expect(began).toBeLessThan(500);
  });
});

/** The mode shadow over objects and over bytes, as a function that gives the event for the handler. */
const SHADOW = {
  objects: (store: StoreSource) => {
    const { shim } = testShim({ store, mode: 'shadow' });
    return async (event: Json, context: object) => (await shim.read(event, context).runnerEvent()) as Json;
  },
  bytes: (store: StoreSource) => {
    const shim = new WireShim({ store, mode: 'shadow' });
    return async (event: Json, context: object) => {
      const { bytes } = await shim.adapt(Buffer.from(JSON.stringify(event)), context);
      return JSON.parse(Buffer.from(bytes).toString()) as Json;
    };
  },
};

describe.each(ADAPTER_NAMES)('in the mode shadow with the adapter of %s', (name) => {
  /** A fat bag in which one of the old members is a legacy pointer. */
  async function bagWithPointer(member: 'workflow_config' | 'partition_map'): Promise<Json> {
    let handed: Json = {};
    await testShim({ speaks: 'bridge' }).shim.wrap<Json>((event) => (handed = event as Json))(fatBag());
    return fatBag({ [member]: handed[member] });
  }

  const inlineMap = asAdded(programAt(fatBag(), 1));
  const CASES: readonly (readonly [string, () => StoreSource, () => Json | Promise<Json>, unknown])[] = [
    ['a fat bag and a store that hangs when it is opened', () => () => new Promise(() => undefined), fatBag, inlineMap],
    ['a config behind a pointer and a store that hangs', deafStore, () => bagWithPointer('workflow_config'), inlineMap],
    ['a map behind a pointer and a store that hangs', deafStore, () => bagWithPointer('partition_map'), undefined],
  ];

  test.each(CASES)(
    '%s cost a second once, and each skip is published',
    async (_what, makeStore, makeEvent, program) => {
      const [adapt, event] = [SHADOW[name](makeStore()), await makeEvent()];
      const times: number[] = [];
      const mismatches = await observed('shadow-mismatch', async () => {
        const reads = await observed('read', async () => {
          const skips = await observed('fail-open', async () => {
            for (let again = 0; again < 3; again++) {
              const start = performance.now();
              expect((await adapt(event, remaining(10_000))).segment_config).toEqual(program);
              times.push(performance.now() - start);
            }
          });
          expect(skips.map(({ code }) => code)).toEqual(['STORE_TIMEOUT', 'CIRCUIT_OPEN', 'CIRCUIT_OPEN']);
          expect(skips[0]).toMatchObject({ ownerId: 'acme', mode: 'shadow', side: 'event' });
        });
        expect(reads.map(({ shadow }) => shadow)).toEqual(['failed', 'failed', 'failed']);
      });
      expect(mismatches).toEqual([]);
      expect(times[0]).toBeLessThan(1_200);
      expect(times[1]).toBeLessThan(50);
      expect(times[2]).toBeLessThan(50);
    },
  );
});

test('an invocation that is nearly over does not keep the next one from storing its program', async () => {
  const { shim, keys } = testShim();
  const wrapped = shim.wrap<Json>((event) => event);
  await wrapped(fatBag(), remaining(100));
  expect(await keys()).toEqual([]);
  await wrapped(fatBag(), remaining(60_000));
  expect(await keys()).toHaveLength(3);
});

test('a store that hangs is not asked again after an invocation of little time', async () => {
  const { shim } = testShim({ store: hangingStore() });
  const wrapped = shim.wrap<Json>(handler);
  await startOf(wrapped, fatBag(), remaining(900));
  expect(await startOf(wrapped, fatBag(), remaining(900))).toBeLessThan(50);
});

describe('after a store that did not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A shim whose store hung once. */
  async function afterHang() {
    const working = testStore();
    let isHanging = true;
    const hanging = hangingStore();
    const pick = () => (isHanging ? hanging : working.store);
    const store: BlobStore = {
      ...working.store,
      bucket: working.store.bucket,
      get: (...args) => pick().get(...args),
      put: (...args) => pick().put(...args),
    };
    const { shim } = testShim({ store });
    const wrapped = shim.wrap<Json>((event) => event);
    const first = wrapped(fatBag());
    await vi.advanceTimersByTimeAsync(2_500);
    await first;
    isHanging = false;
    return { working, shim, wrapped };
  }

  test('each skip is published with the code CIRCUIT_OPEN', async () => {
    const { wrapped } = await afterHang();
    const messages = await observed('fail-open', () => wrapped(fatBag()));
    expect(messages).toMatchObject([
      { code: 'CIRCUIT_OPEN', side: 'event', ownerId: 'acme', workflowId: 'invoices', mode: 'rewrite' },
    ]);
  });

  test('the program of an event is stored again after 30 seconds', async () => {
    const { working, wrapped } = await afterHang();
    await vi.advanceTimersByTimeAsync(28_000);
    await wrapped(fatBag());
    expect(await working.keys()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    await wrapped(fatBag());
    expect(await working.keys()).toHaveLength(3);
  });

  test('what an execution cannot do without is asked for all the same', async () => {
    const { working, wrapped } = await afterHang();
    const lean = (await testShim({}, working).shim.write(fatBag())) as Json;
    let handed: Json = {};
    await testShim({}, working).shim.wrap<Json>((event) => (handed = event as Json))(lean);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(await wrapped(lean)).toEqual(lean);
  });

  test('a result that fits only without its program is stored all the same', async () => {
    const { working, shim } = await afterHang();
    const result = fatBag({ workflow_config: { nodes: [{ id: 'a', text: 'x'.repeat(300_000) }], edges: [] } });
    await shim.write(result);
    expect((await working.keys()).length).toBeGreaterThan(0);
  });
});
