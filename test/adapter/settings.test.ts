import { afterEach, describe, expect, test, vi } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import type { BagIds, ObserveOptions, ShimOptions } from 'statebag-shim';
import { asAdded, fatBag, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { hangingStore, testShim, testStore } from './shims.js';

const { store } = testStore();

describe('options', () => {
  test('have the mode observe as their default, which changes nothing', async () => {
    const rig = testStore();
    const shim = createStateBagShim({ store: rig.store });
    const event = fatBag();
    let handed: unknown;
    expect(shim.read(event).mode).toBe('observe');
    expect(await shim.wrap<Json>((got) => (handed = got))(event)).toBe(event);
    expect(handed).toBe(event);
    expect(rig.calls).toEqual([]);
  });

  test('have defaults for a handler that speaks lean, with manifests that are lists', async () => {
    const { shim, objects, keys } = testShim();
    let handed: Json = {};
    const [message] = await observed('read', () => shim.wrap<Json>((got) => (handed = got))(fatBag()));
    expect(message).toMatchObject({ mode: 'rewrite', speaks: 'lean' });
    expect(handed).not.toHaveProperty('partition_map');
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    const key = (await keys()).find((each) => each.startsWith('workflow-manifests/'))!;
    const { bytes } = await objects.get({ bucket: 'bags', key });
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(expect.any(Array));
  });

  test('leave 253,952 bytes for a result, and refuse one more', async () => {
    const { shim } = testShim();
    const result = (bytes: number) => ['x'.repeat(bytes - '[""]'.length)];
    expect(await shim.write(result(253_952))).toEqual(result(253_952));
    await expect(shim.write(result(253_953))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('make a bag that leads to no program an error', async () => {
    const bare = without(fatBag(), 'workflow_config', 'partition_map', 'segment_manifest_s3_path');
    await expect(testShim().shim.wrap(() => 'never')(bare)).rejects.toMatchObject({ code: 'SEGMENT_NOT_FOUND' });
  });

  describe('for time', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    test.each([
      ['10 s for the store', undefined, 10_000, 'STORE_TIMEOUT'],
      ['all of an invocation but 500 ms', { getRemainingTimeInMillis: () => 4_500 }, 4_000, 'DEADLINE_EXCEEDED'],
    ])('give %s', async (_, context, milliseconds, code) => {
      const lean = await testShim().shim.write(fatBag());
      vi.useFakeTimers();
      const { shim } = testShim({ store: hangingStore() });
      let failed: unknown;
      const running = shim
        .wrap(() => 'never')(lean as Json, context)
        .catch((error: unknown) => (failed = error));
      await vi.advanceTimersByTimeAsync(milliseconds - 1);
      expect(failed).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(await running).toMatchObject({ code });
    });
  });

  test.each([
    [{ modes: 'rewrite' }, 'modes'],
    [{ budget: { limit: 1 } }, 'limit'],
    [{ cache: { bytes: 1 } }, 'bytes'],
    [{ offload: { order: [] } }, 'order'],
  ])('that are unknown are refused: %j', (options, name) => {
    const create = () => createStateBagShim({ store, ...options } as ShimOptions);
    expect(create).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        code: 'OPTION_UNKNOWN',
        message: expect.stringContaining(`"${name}"`) as string,
      }),
    );
  });

  test.each([
    [{ store: null }],
    [{ store: 's3://bucket' }],
    [{ mode: 'on' }],
    [{ speaks: 'both' }],
    [{ manifest: 'dict' }],
    [{ budget: { limitBytes: 0 } }],
    [{ budget: { limitBytes: 10, headroomBytes: 10 } }],
    [{ budget: { limitBytes: 1.5 } }],
    [{ budget: null }],
    [{ cache: 7 }],
    [{ cache: { maxBytes: -1 } }],
    [{ offload: { only: 'current_state' } }],
    [{ offload: { never: [1] } }],
    [{ onMissing: 'ignore' }],
    [{ deadlineMarginMs: Number.NaN }],
    [{ storeTimeoutMs: 0 }],
  ])('that are wrong are refused: %j', (options) => {
    expect(() => createStateBagShim({ store, ...options } as ShimOptions)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'OPTION_INVALID' }),
    );
  });

  test.each([
    [{ config: '../config.json' }],
    [{ programs: 'x' }],
    [{ member: 'state-members/{ownerId}/{workflowId}/{member}.json' }],
    [{ map: 'maps/{ownerId}/{workflowId}/{sha256}/{member}.json' }],
  ])('with a layout that cannot hold what it names are refused: %j', (layout) => {
    expect(() => createStateBagShim({ store, layout } as ShimOptions)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'LAYOUT_INVALID' }),
    );
  });

  describe('without a store', () => {
    const missing = (why: string) =>
      expect.objectContaining({
        name: 'ConfigError',
        code: 'STORE_MISSING',
        message: `the option "store" is missing, and ${why}. Give a blob store, or a function that gives one; only the mode observe does without`,
      }) as Error;

    const counting: readonly ObserveOptions[] = [
      {},
      { mode: 'observe' },
      { mode: () => 'observe' },
      { mode: () => undefined },
    ];

    test.each(counting)('give a shim that counts and changes nothing: %o', async (options) => {
      const shim = createStateBagShim(options);
      const event = fatBag();
      const messages = await observed('write', async () => {
        expect(await shim.wrap<Json>((got) => got)(event)).toBe(event);
      });
      expect(messages).toMatchObject([{ mode: 'observe', ownerId: 'acme' }]);
      expect(await shim.read(event).segmentConfig()).toEqual(programAt(event, 1));
    });

    test.each(['shadow', 'rewrite', 'strict'] as const)('are refused at once for the mode %s', (mode) => {
      expect(() => createStateBagShim({ mode } as ShimOptions)).toThrow(missing(`the mode ${mode} needs one`));
    });

    test('are refused for the event for which a function gives another mode', async () => {
      const mode = ({ ownerId }: BagIds) => (ownerId === 'acme' ? 'rewrite' : 'observe');
      const shim = createStateBagShim({ mode } as ShimOptions);
      const other = fatBag({ ownerId: 'other' });
      expect(await shim.wrap<Json>((got) => got)(other)).toBe(other);
      const messages = await observed('read', async () => {
        await expect(shim.wrap(() => 'never')(fatBag())).rejects.toMatchObject({ code: 'STORE_MISSING' });
      });
      expect(messages).toMatchObject([{ code: 'STORE_MISSING' }]);
      expect(() => shim.read(fatBag())).toThrow(missing('the mode rewrite needs one'));
      await expect(shim.write(fatBag())).rejects.toThrow(missing('the mode rewrite needs one'));
    });

    test('are refused for a reading that has to follow a pointer', async () => {
      const lean = (await testShim().shim.write(fatBag())) as Json;
      const reading = createStateBagShim({ mode: 'observe' }).read(lean);
      await expect(reading.segmentConfig()).rejects.toThrow(missing('a pointer must be followed'));
    });
  });
});
