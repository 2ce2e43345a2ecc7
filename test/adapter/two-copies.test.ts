import * as first from 'statebag-shim';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { testStore } from './shims.js';

/** The package once more, as a layer and a bundle may each have one. */
let second: typeof first;

beforeAll(async () => {
  vi.resetModules();
  second = await import('statebag-shim');
});

describe('a second copy of the package', () => {
  test('has other classes', () => {
    expect(second.StoreError).not.toBe(first.StoreError);
  });

  test('makes errors that the first one knows', () => {
    const error = new second.StoreError('STORE_UNAVAILABLE', 'no answer', { retryable: true });
    expect(error).toBeInstanceOf(first.StoreError);
    expect(error).toBeInstanceOf(first.StateBagError);
    expect(error).not.toBeInstanceOf(first.BagError);
    expect(first.nameForStateMachine(error)).toMatchObject({ name: 'StateBagRetryableError' });
  });

  test('does not make errors of a class that extends one of the first', () => {
    class OwnError extends first.StoreError {}
    expect(new OwnError('X', 'own')).toBeInstanceOf(first.StoreError);
    expect(new first.StoreError('X', 'not own')).not.toBeInstanceOf(OwnError);
    expect(new second.StoreError('X', 'not own')).not.toBeInstanceOf(OwnError);
  });

  test.each([undefined, null, 'text', new Error('x'), {}])('does not make an error of %s', (value) => {
    expect(value).not.toBeInstanceOf(first.StateBagError);
  });

  test('has stores whose failure lets an event with its program go on', async () => {
    const fail = () => Promise.reject(new second.StoreError('STORE_UNAVAILABLE', 'no answer', { retryable: true }));
    const store = { bucket: 'bags', prefix: '', get: fail, put: fail } as never;
    const shim = first.createStateBagShim({ store, mode: 'rewrite' });
    expect(await shim.wrap<Json>((event) => event)(fatBag())).toEqual(fatBag());
    const lean = (await first
      .createStateBagShim({ store: testStore().store, mode: 'rewrite' })
      .write(fatBag())) as Json;
    await expect(shim.wrap<Json>((event) => event)(lean)).rejects.toMatchObject({ name: 'StateBagRetryableError' });
  });

  test('makes readings that the first one writes by', async () => {
    const { store } = testStore();
    const lean = (await first.createStateBagShim({ store, mode: 'rewrite' }).write(fatBag())) as Json;
    const reading = second.createStateBagShim({ store, mode: 'rewrite' }).read(lean);
    const { ownerId, workflowId } = lean;
    const answer = { ownerId, workflowId, segment_to_run: 2, state_bag_version: 2, segment_manifest_s3_path: null };
    const written = await first.createStateBagShim({ store, mode: 'rewrite' }).write(answer, reading);
    expect(written).toMatchObject({
      segment_to_run: 2,
      segment_manifest_s3_path: lean.segment_manifest_s3_path,
      partition_map_s3_path: lean.partition_map_s3_path,
    });
  });
});
