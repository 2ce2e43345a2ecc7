import { describe, expect, test } from 'vitest';
import { WireShim } from '../../src/shim/wire-shim.js';
import { ADAPTER_NAMES } from './adapters.js';
import { asAdded, fatBag, makeConfig, makeMap, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { hangingStore, putObject, testShim, testStore } from './shims.js';

const FAULTS = ['STORE_UNAVAILABLE', 'STORE_TIMEOUT', 'STORE_DENIED', 'STORE_FULL', 'WRITE_CONFLICT'] as const;

async function leanBagIn(store: ReturnType<typeof testStore>): Promise<Json> {
  return (await testShim({}, store).shim.write(fatBag())) as Json;
}

describe('when the event carries the program', () => {
  test.each(FAULTS)('%s on a write lets the execution go on with the bag as it was', async (code) => {
    const rig = testShim();
    rig.fail({ moment: 'before', code });
    let handed: Json = {};
    let result: Json = {};
    const messages = await observed('fail-open', async () => {
      result = (await rig.shim.wrap<Json>((got) => {
        handed = got;
        return { ...got };
      })(fatBag())) as Json;
    });
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(result).toEqual(fatBag());
    expect(messages).toEqual([
      {
        ownerId: 'acme',
        workflowId: 'invoices',
        mode: 'rewrite',
        side: 'event',
        code,
        reason: expect.any(String) as string,
      },
    ]);
  });

  test('a store that cannot be opened lets it go on, and is tried again next time', async () => {
    const { store } = testStore();
    let opened = 0;
    const { shim } = testShim({
      store: () => {
        opened += 1;
        if (opened === 1) throw new Error('no such module');
        return store;
      },
    });
    const handler = shim.wrap<Json, Json>((event) => ({ ...(event as Json) }));
    const [message] = await observed('fail-open', () => handler(fatBag()));
    expect(message).toMatchObject({ code: 'STORE_OPEN_FAILED' });
    expect(await handler(fatBag())).toMatchObject({ state_bag_version: 2 });
  });

  describe.each(ADAPTER_NAMES)('with a store that cannot be opened and the adapter of %s', (name) => {
    const pointer = {
      __s3_pointer__: true,
      bucket: 'bags',
      key: 'workflow-states/acme/invoices/workflow_config_1.json',
      size_bytes: 1,
      checksum: 'abcd1234',
      field_name: 'doc',
      created_at: 1,
    };
    const digest = '0'.repeat(64);
    const KEYS: readonly (readonly [string, string])[] = [
      ['a legacy layout', pointer.key],
      ['the layout of configs', `workflow-configs/acme/invoices/${digest}/config.json`],
      ['the layout of members without a digest', 'state-members/acme/invoices/latest/doc.json'],
      ['the layout of members with another owner', `any/state-members/other/invoices/${digest}/doc.json`],
    ];
    const opens = () => Promise.reject(new Error('no credentials'));
    const adaptWith = async (event: Json) => {
      if (name === 'objects') return (await testShim({ store: opens }).shim.read(event).runnerEvent()) as Json;
      const shim = new WireShim({ store: opens, mode: 'rewrite' });
      return JSON.parse(Buffer.from((await shim.adapt(Buffer.from(JSON.stringify(event)))).bytes).toString()) as Json;
    };

    test.each(KEYS)('an event whose state has a pointer to a key of %s goes on', async (_layout, key) => {
      const state = { doc: { ...pointer, key } };
      const handed = await adaptWith(fatBag({ current_state: state }));
      expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
      expect(handed.current_state).toEqual(state);
      expect(await adaptWith({ states: [pointer] })).toEqual({ states: [pointer] });
    });

    test.each(['', 'any/prefix/'])('an event that needs a stored member below "%s" is refused', async (prefix) => {
      const doc = { ...pointer, key: `${prefix}state-members/acme/invoices/${digest}/doc.json` };
      await expect(adaptWith(fatBag({ current_state: { doc } }))).rejects.toMatchObject({ code: 'STORE_OPEN_FAILED' });
    });
  });

  test('what a lean-speaking runner forgot of the program comes back with its bag', async () => {
    const rig = testShim();
    rig.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
    const handler = rig.shim.wrap<Json, Json>((event) =>
      without({ ...event, segment_to_run: 2 }, 'workflow_config', 'partition_map'),
    );
    const result = await handler(fatBag());
    rig.fail(undefined);
    expect(await rig.shim.read(result).segmentConfig()).toEqual(programAt(fatBag(), 2));
  });

  test('a map that no manifest can be made of is run by its keys and left', async () => {
    const [first, second] = makeMap(makeConfig());
    const bag = fatBag({ partition_map: { 1: second, start: first } });
    const rig = testShim();
    const messages = await observed('fail-open', async () => {
      const result = await rig.shim.wrap<Json, Json>((event) => ({ ...(event as Json) }))(bag);
      expect(result).toEqual(bag);
    });
    expect(messages).toMatchObject([{ code: 'MAP_NOT_POSITIONAL', side: 'event' }]);
    expect(await rig.shim.read(bag).segmentConfig()).toEqual(second);
  });

  test.each(['event', 'result'] as const)('a map with a null is run as before and left, in the %s', async (side) => {
    const map = makeMap(makeConfig());
    const bag = fatBag({ partition_map: [null, ...map] });
    const rig = testShim();
    const messages = await observed('fail-open', async () => {
      const handler = rig.shim.wrap<Json, Json>((event) => (side === 'event' ? { ...(event as Json) } : bag));
      expect(await handler(side === 'event' ? bag : { action: 'initialise' })).toEqual(bag);
    });
    expect(messages).toMatchObject([{ code: 'MAP_HAS_NULLS', side }]);
    expect(await rig.shim.read(bag).segmentConfig()).toEqual(map[1]);
  });

  test('a result that the store does not take goes back fat', async () => {
    const rig = testShim();
    const handler = rig.shim.wrap<Json, Json>(() => {
      rig.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
      return { bag: fatBag() };
    });
    const messages = await observed('fail-open', async () => {
      expect(await handler({ action: 'initialise' })).toEqual({ bag: fatBag() });
    });
    expect(messages).toMatchObject([{ side: 'result', code: 'STORE_UNAVAILABLE' }]);
  });

  test('a result too large only for want of the store is an error to retry', async () => {
    const rig = testShim({ budget: { limitBytes: 4_000, headroomBytes: 0 } });
    rig.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
    await expect(rig.shim.wrap(() => ({ bag: fatBag({ notes: 'n'.repeat(5_000) }) }))(fatBag())).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      name: 'StateBagRetryableError',
    });
  });
});

describe('when the program lies in the store', () => {
  test.each([
    ['STORE_UNAVAILABLE', 'StateBagRetryableError', true],
    ['STORE_TIMEOUT', 'StateBagRetryableError', true],
    ['BODY_TRUNCATED', 'StateBagRetryableError', true],
    ['STORE_DENIED', 'StoreError', false],
    ['OBJECT_ARCHIVED', 'StoreError', false],
    ['BUCKET_NOT_FOUND', 'StoreError', false],
    ['DIGEST_MISMATCH', 'IntegrityError', false],
  ] as const)('%s is the error %s', async (code, name, retryable) => {
    const store = testStore();
    const lean = await leanBagIn(store);
    store.fail({ moment: 'before', code });
    const failing = testShim({}, store).shim.wrap(() => 'never')(lean);
    await expect(failing).rejects.toMatchObject({
      code,
      name,
      retryable,
      message: expect.stringMatching(new RegExp(`^${code}: `)) as string,
    });
  });

  test('an object that is gone is a dangling pointer', async () => {
    const store = testStore();
    const lean = await leanBagIn(store);
    for (const key of await store.keys()) await store.objects.delete({ bucket: 'bags', key });
    await expect(testShim({}, store).shim.wrap(() => 'never')(lean)).rejects.toMatchObject({
      code: 'POINTER_DANGLING',
      name: 'PointerError',
    });
  });

  test('bytes that somebody changed are never run', async () => {
    const store = testStore();
    const lean = await leanBagIn(store);
    for (const key of await store.keys())
      await putObject(store, key, [{ segment_id: 0, segment_config: { id: 0, nodes: ['evil'] } }]);
    await expect(testShim({}, store).shim.wrap(() => 'never')(lean)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      name: 'IntegrityError',
    });
  });

  test('the next invocation after an outage succeeds', async () => {
    const store = testStore();
    const lean = await leanBagIn(store);
    const { shim } = testShim({}, store);
    store.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
    await expect(shim.read(lean).segmentConfig()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    store.fail(undefined);
    expect(await shim.read(lean).segmentConfig()).toEqual(programAt(fatBag(), 1));
  });
});

describe('a pointer that is refused', () => {
  const REFUSED = [
    ['POINTER_FOREIGN_OWNER', 's3://bags/workflow-configs/other/invoices/config.json'],
    ['POINTER_NOT_ALLOWED', 's3://elsewhere/config.json'],
  ] as const;

  test.each(REFUSED)('is not followed and fails no bag with its program inline: %s', async (code, path) => {
    const store = testStore();
    const { shim } = testShim({}, store);
    const bag = { ...without(fatBag(), 'workflow_config'), workflow_config_s3_path: path };
    const messages = await observed('fail-open', async () => {
      expect(await shim.wrap<Json>((event) => event.segment_config)(bag)).toEqual(asAdded(programAt(fatBag(), 1)));
    });
    expect(messages[0]).toMatchObject({ code });
    expect(store.calls.filter(({ operation }) => operation === 'get')).toEqual([]);
  });

  test.each(REFUSED)('is the error of a bag that has nothing else: %s', async (code, path) => {
    const { shim } = testShim();
    const bag = {
      ...without(fatBag(), 'workflow_config', 'partition_map', 'segment_manifest_s3_path'),
      workflow_config_s3_path: path,
    };
    await expect(shim.wrap(() => 'never')(bag)).rejects.toMatchObject({ code, name: 'PointerError' });
  });
});

describe('what stops an execution even if it carries its program', () => {
  test('a blob at the address of the program that holds other bytes', async () => {
    const store = testStore();
    const lean = await leanBagIn(store);
    const path = String(lean.workflow_config_s3_path).slice('s3://bags/'.length);
    await putObject(store, path, 'other bytes');
    await expect(
      testShim({ store: testShim({}, testStore(store.objects)).store }).shim.wrap(() => 'never')(fatBag()),
    ).rejects.toMatchObject({ code: 'BLOB_MISMATCH', name: 'IntegrityError' });
  });
});

describe('the deadline of the invocation', () => {
  const context = { getRemainingTimeInMillis: () => 540 };

  test('ends the wait for a store that hangs, in time for the handler to go on', async () => {
    const { shim } = testShim({ store: hangingStore() });
    const [message] = await observed('fail-open', async () => {
      expect(await shim.wrap<Json>((event) => event.segment_config)(fatBag(), context)).toEqual(
        asAdded(programAt(fatBag(), 1)),
      );
    });
    expect(message).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  test('is an error to retry when the program lies in the store', async () => {
    const lean = await leanBagIn(testStore());
    const { shim } = testShim({ store: hangingStore() });
    await expect(shim.wrap(() => 'never')(lean, context)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      name: 'StateBagRetryableError',
    });
  });

  test('is not used up by a store that hangs: it has a time limit of its own', async () => {
    const { shim } = testShim({ store: hangingStore(), storeTimeoutMs: 30 });
    const [message] = await observed('fail-open', () =>
      shim.wrap(() => 'ran')(fatBag(), { getRemainingTimeInMillis: () => 900_000 }),
    );
    expect(message).toMatchObject({ code: 'STORE_TIMEOUT' });
    const lean = await leanBagIn(testStore());
    await expect(shim.wrap(() => 'never')(lean)).rejects.toMatchObject({
      code: 'STORE_TIMEOUT',
      name: 'StateBagRetryableError',
    });
  });

  test('that has passed is not waited for', async () => {
    const lean = await leanBagIn(testStore());
    const { shim } = testShim({ store: hangingStore() });
    const late = { getRemainingTimeInMillis: () => 100 };
    await expect(shim.wrap(() => 'never')(lean, late)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe('a result that is too large for want of the store', () => {
  const budget = { limitBytes: 6_000, headroomBytes: 0 };
  const large = () => fatBag({ current_state: { rows: 'r'.repeat(3_000) } });

  test('is made lean after all when the store is back, and nothing else is stored', async () => {
    const rig = testShim({ budget });
    rig.fail({ moment: 'before', code: 'STORE_UNAVAILABLE' });
    const result = (await rig.shim.wrap((event) => {
      rig.fail(undefined);
      return { ...event };
    })(large())) as Json;
    expect(result).toMatchObject({ state_bag_version: 2, current_state: large().current_state });
    expect((await rig.keys()).filter((key) => key.startsWith('state-members'))).toEqual([]);
  });

  test('is tried twice on the way back', async () => {
    const rig = testShim({ budget });
    let failures = 0;
    const handler = rig.shim.wrap(() => {
      rig.fail(({ operation }) =>
        operation === 'put' && failures++ === 0 ? { moment: 'before', code: 'STORE_UNAVAILABLE' } : undefined,
      );
      return { bag: large() };
    });
    expect(await handler({ action: 'initialise' })).toMatchObject({ bag: { state_bag_version: 2 } });
  });

  test('is an error to retry when the store stays away, and no other member is stored', async () => {
    const rig = testShim({ budget });
    rig.fail(({ address }) =>
      address.key.startsWith('state-members') ? undefined : { moment: 'before', code: 'STORE_UNAVAILABLE' },
    );
    await expect(rig.shim.wrap((event) => ({ ...event }))(large())).rejects.toMatchObject({
      name: 'StateBagRetryableError',
      code: 'STORE_UNAVAILABLE',
    });
    expect(await rig.keys()).toEqual([]);
  });
});
