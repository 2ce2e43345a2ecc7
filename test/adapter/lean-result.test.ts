import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fatBag, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

/** A store that holds the blobs of the bag, and the bag. */
async function written() {
  const store = testStore();
  return { store, lean: (await testShim({}, store).shim.write(fatBag())) as Json };
}

const { store, lean } = await written();

describe('a result that is lean already', () => {
  test.each<[string, Json]>([
    ['the result itself', lean],
    ['state_data', { state_data: lean, segment_to_run: 1 }],
    ['state_data.bag', { state_data: { bag: lean, next_action: 'CONTINUE' } }],
    ['Payload', { Payload: { bag: lean } }],
  ])('goes back as it is and costs no call of the store when the bag is %s', async (_, result) => {
    const calls = store.calls.length;
    expect(await testShim({}, store).shim.write(result)).toEqual(result);
    expect(store.calls).toHaveLength(calls);
  });

  test.each<[string, Json]>([
    ['had its map merged back', { partition_map: [] }],
    ['had null merged back', { workflow_config: null }],
    ['has a flag of the initialiser', { _is_init: true }],
    ['has a status of the initialiser', { _status: 'CONTINUE' }],
    ['has lost its manifest', { segment_manifest_s3_path: null }],
    ['has a manifest at a mutable key', { segment_manifest_s3_path: 's3://bags/results/manifest.json' }],
  ])('is made lean again when it %s', async (_, change) => {
    expect(await testShim({}, store).shim.write({ ...lean, ...change })).toEqual(lean);
  });

  test('is told to be lean when it has no stamp', async () => {
    const bag = without(lean, 'state_bag_version');
    const { shim } = testShim({}, store);
    expect(shim.read(bag).generation).toBe('lean');
    expect(await shim.write(bag)).toEqual(bag);
  });

  test.each(['state_data', 'bag', 'Payload'])('has the bag that it holds under %s made lean too', async (name) => {
    const result = (await testShim({}, store).shim.write({ ...lean, [name]: fatBag() })) as Json;
    expect(result[name]).toEqual(lean);
    expect(without(result, name)).toEqual(lean);
  });

  test('leads to the same program, whatever else is next to it, and is written only once', async () => {
    const member = fc.constantFrom(
      ...Object.keys(lean),
      'workflow_config',
      'partition_map',
      '_status',
      'state_data',
      'bag',
      'Payload',
      'segment_manifest',
      'segment_config',
    );
    const value = fc.constantFrom<unknown>(
      null,
      '',
      0,
      2,
      's3://b/k',
      lean.segment_manifest_s3_path,
      [],
      {},
      lean,
      fatBag(),
      { bag: lean },
      JSON.stringify(lean),
    );
    const { shim } = testShim({}, store);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(member, value), { maxLength: 4 }),
        fc.constantFrom('', 'state_data', 'bag'),
        async (changes, wrapper) => {
          const bag = { ...lean, ...Object.fromEntries(changes) };
          const event = wrapper === '' ? bag : { [wrapper]: bag };
          const before = await programOf(shim.read(event));
          const result = await shim.write(event).catch(() => undefined);
          if (result === undefined) return;
          if (shim.read(event).generation === 'lean') expect(shim.read(result).generation).toBe('lean');
          expect(await shim.write(result)).toEqual(result);
          if (before !== undefined) expect(await programOf(shim.read(result))).toEqual(before);
        },
      ),
      { numRuns: 200 },
    );
    expect(programAt(fatBag(), 1)).toEqual(await shim.read(lean).segmentConfig());
  });
});

/** The program that a bag leads to; undefined when it leads to none. */
function programOf(reading: { segmentConfig(): Promise<unknown> }): Promise<unknown> {
  return reading.segmentConfig().catch(() => undefined);
}
