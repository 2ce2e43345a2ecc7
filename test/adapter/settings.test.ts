import { afterEach, describe, expect, test, vi } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import type { ShimOptions } from 'statebag-shim';
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
    [{ store: undefined }],
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
});
