import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../src/adapter/settings.js';
import { createStateBagShim } from 'statebag-shim';
import type { ShimOptions } from 'statebag-shim';
import { testStore } from './shims.js';

const { store } = testStore();

describe('options', () => {
  test('have defaults that change nothing yet', () => {
    const settings = parseOptions({ store });
    expect(settings.modeOf(() => ({ ownerId: undefined, workflowId: undefined }))).toBe('observe');
    expect(settings).toMatchObject({
      speaks: 'lean',
      manifestForm: 'list',
      maxResultBytes: 253_952,
      onMissing: 'error',
      limits: { storeTimeoutMs: 10_000, marginMs: 500 },
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
