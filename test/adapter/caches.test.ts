import { describe, expect, test } from 'vitest';
import { asAdded, fatBag, makeConfig, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { gatedStore, putObject, testShim, testStore } from './shims.js';

const identity = (event: unknown) => ({ ...(event as Json) });

describe('a warm container', () => {
  test('calls the store for a known lean bag no more', async () => {
    const store = testStore();
    const lean = (await testShim({}, store).shim.write(fatBag())) as Json;
    const handler = testShim({}, store).shim.wrap(identity);
    await handler(lean);
    const calls = store.calls.length;
    for (const segment_to_run of [0, 1, 2, 3, 4]) await handler({ ...lean, segment_to_run });
    expect(store.calls).toHaveLength(calls);
  });

  test('calls the store for a known fat bag no more', async () => {
    const { shim, calls } = testShim();
    const handler = shim.wrap(identity);
    await handler(fatBag());
    const before = calls.length;
    const messages = await observed('offload', () => handler(fatBag({ current_state: { other: true } })));
    expect(calls).toHaveLength(before);
    expect(messages).toEqual([]);
  });

  test('reads a blob once when many events ask at once', async () => {
    const store = testStore();
    const lean = (await testShim({}, store).shim.write(fatBag())) as Json;
    const handler = testShim({}, store).shim.wrap(identity);
    const before = store.calls.length;
    await Promise.all(Array.from({ length: 20 }, () => handler(lean)));
    expect(store.calls).toHaveLength(before + 1);
  });

  test('gives each of two versions of a workflow its own program', async () => {
    const { shim } = testShim();
    const handler = shim.wrap(identity);
    const [old, edited] = [
      fatBag(),
      fatBag({ partition_map: [{ id: 0, type: 'normal', nodes: [], node_ids: ['new'] }], segment_to_run: 0 }),
    ];
    for (const bag of [old, edited, old, edited]) {
      const lean = await handler(bag);
      expect(await shim.read(lean).segmentConfig()).toEqual(programAt(bag, bag.segment_to_run as number));
    }
  });

  test('is not misled by a config that differs in one character', async () => {
    const { shim } = testShim();
    const [one, other] = [makeConfig(), makeConfig()];
    (other.nodes as Json[])[6]!.label = 'x';
    const paths = [];
    for (const workflow_config of [one, other, one])
      paths.push(((await shim.write(fatBag({ workflow_config }))) as Json).workflow_config_s3_path);
    expect(paths[0]).not.toBe(paths[1]);
    expect(paths[2]).toBe(paths[0]);
  });

  test('is not misled when a caller changes a config it gave before', async () => {
    const { shim } = testShim();
    const bag = fatBag();
    const first = (await shim.write(bag)) as Json;
    (bag.workflow_config as Json).workflow_name = 'changed';
    const second = (await shim.write(bag)) as Json;
    expect(second.workflow_config_s3_path).not.toBe(first.workflow_config_s3_path);
  });

  test('works without a cache', async () => {
    const { shim } = testShim({ cache: { maxBytes: 0 } });
    const handler = shim.wrap(identity);
    const lean = await handler(fatBag());
    expect(await handler(lean)).toEqual(lean);
  });
});

describe('the cache of blobs', () => {
  /** A bag whose program is in the map at a path. */
  const bagWithMapAt = (partition_map_s3_path: string) => ({
    ...without(fatBag({ segment_to_run: 0 }), 'workflow_config', 'partition_map', 'segment_manifest_s3_path'),
    partition_map_s3_path,
  });
  const program = (id: string) => ({ id, type: 'normal', nodes: [], node_ids: [id] });

  test('holds no more than it may', async () => {
    const store = testStore();
    const shim = testShim({}, store).shim;
    const lean = (await shim.write(fatBag())) as Json;
    const small = testShim({ cache: { maxBytes: 8_000 } }, store).shim.wrap(identity);
    await small(lean);
    const before = store.calls.length;
    await small(lean);
    expect(store.calls.length).toBeGreaterThan(before);
  });

  test('reads what is stored at a key without digest each time', async () => {
    const store = testStore();
    const { shim } = testShim({}, store);
    for (const id of ['a', 'b']) {
      const bag = bagWithMapAt(
        await putObject(store, 'workflow-partitions/acme/invoices/partition_map.json', [program(id)]),
      );
      expect(await shim.read(bag).segmentConfig()).toEqual(program(id));
    }
  });

  test('refuses what does not match the digest in its key, in another bucket too', async () => {
    const store = testStore(undefined, { allowBuckets: ['old'] });
    const { shim } = testShim({}, store);
    const key = `workflow-partitions/acme/invoices/${'a'.repeat(64)}/partition_map.json`;
    const bag = bagWithMapAt(await putObject(store, key, [program('a')], 'old'));
    for (let times = 0; times < 2; times++)
      await expect(shim.read(bag).segmentConfig()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('gives a caller whose own time is over its error, and the others their bytes', async () => {
    const rig = testStore();
    const lean = (await testShim({}, rig).shim.write(fatBag())) as Json;
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const handler = testShim({ store: gatedStore(rig.store, gate), deadlineMarginMs: 0 }).shim.wrap(
      (event: Json) => event.segment_config,
    );
    const gets = rig.calls.length;
    const first = handler(lean, { getRemainingTimeInMillis: () => 20 });
    const second = handler(lean, { getRemainingTimeInMillis: () => 60_000 });
    await expect(first).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(rig.calls).toHaveLength(gets);
    release?.();
    expect(await second).toEqual(asAdded(programAt(fatBag(), 1)));
  });
});
