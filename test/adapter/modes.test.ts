import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { asAdded, fatBag, makeMap, makeConfig, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { putObject, testShim, testStore } from './shims.js';

const identity = (event: unknown) => event;

describe('observe', () => {
  test('hands over the very event and gives back the very result', async () => {
    const { shim, calls } = testShim({ mode: 'observe' });
    const event = fatBag();
    const answer = { bag: fatBag(), segment_config: 'mine' };
    let handed: unknown;
    const result = await shim.wrap((got) => {
      handed = got;
      return answer;
    })(event);
    expect(handed).toBe(event);
    expect(result).toBe(answer);
    expect(calls).toHaveLength(0);
  });

  test.each([[null], ['text'], [[fatBag()]], [7], [undefined]])('lets %j through', async (event) => {
    const { shim } = testShim({ mode: 'observe' });
    expect(await shim.wrap(identity as never)(event as never)).toBe(event);
  });

  test('counts what it sees', async () => {
    const { shim } = testShim({ mode: 'observe' });
    const messages = await observed('read', () => shim.wrap(identity)({ state_data: fatBag() }));
    expect(messages).toEqual([
      {
        ownerId: 'acme',
        workflowId: 'invoices',
        mode: 'observe',
        speaks: 'lean',
        generation: 'fat',
        envelope: 'state_data',
        bytesSaved: 0,
        durationMs: expect.any(Number) as number,
      },
    ]);
  });

  test('holds no result to a budget', async () => {
    const { shim } = testShim({ mode: 'observe', budget: { limitBytes: 100, headroomBytes: 0 } });
    expect(await shim.wrap(() => 'x'.repeat(500))(fatBag())).toHaveLength(500);
  });
});

describe('shadow', () => {
  test('hands over the old resolution, leaves the bags as they were and writes nothing', async () => {
    const { shim, keys } = testShim({ mode: 'shadow' });
    const event = { state_data: fatBag() };
    let handed: Json = {};
    const [message] = await observed('read', () => shim.wrap<Json>((got) => (handed = got as Json))(event));
    expect(handed.state_data).toBe(event.state_data);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(message).toMatchObject({ shadow: 'same', source: 'inline-map', segmentIndex: 1 });
    expect(await keys()).toEqual([]);
  });

  test('gives the result back as it is, but for what it added to the event', async () => {
    const { shim } = testShim({ mode: 'shadow' });
    expect(await shim.wrap(identity)(fatBag())).toEqual(fatBag());
  });

  test('reports a manifest at a content address that is not what the config gives', async () => {
    const store = testStore();
    const manifest = JSON.stringify(
      makeMap(makeConfig(4)).map((segment_config, segment_id) => ({ segment_id, segment_config })),
    );
    const path = await putObject(
      store,
      `workflow-manifests/acme/invoices/${createHash('sha256').update(manifest).digest('hex')}/segment_manifest.json`,
      manifest,
    );
    const { shim } = testShim({ mode: 'shadow' }, store);
    const bag = { ...without(fatBag({ segment_to_run: 2 }), 'partition_map'), segment_manifest_s3_path: path };
    let handed: Json = {};
    const messages = await observed('shadow-mismatch', () => shim.wrap<Json>((got) => (handed = got as Json))(bag));
    expect(messages).toEqual([
      expect.objectContaining({
        oldSource: 'config',
        newSource: 'manifest',
        segmentIndex: 2,
        difference: expect.any(String) as string,
      }),
    ]);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 2)));
  });

  test('reports that the new way fails, and goes on', async () => {
    const { shim } = testShim({ mode: 'shadow' });
    const bag = fatBag();
    const withNull = { ...bag, partition_map: [...(bag.partition_map as unknown[]), null] };
    let handed: Json = {};
    const messages = await observed('shadow-mismatch', () =>
      shim.wrap<Json>((got) => (handed = got as Json))(withNull),
    );
    expect(messages).toMatchObject([{ code: 'MAP_HAS_NULLS', difference: undefined }]);
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
  });

  test('lets an event through untouched when the old way has no answer', async () => {
    const { shim } = testShim({ mode: 'shadow' });
    const event = fatBag({ segment_to_run: 99 });
    let handed: unknown;
    const [message] = await observed('read', () => shim.wrap<Json>((got) => (handed = got))(event));
    expect(handed).toBe(event);
    expect(message).toMatchObject({ shadow: 'failed' });
  });

  test.each([[null], ['text'], [[]]])('lets %j through', async (event) => {
    const { shim } = testShim({ mode: 'shadow' });
    expect(await shim.wrap(identity as never)(event as never)).toBe(event);
  });
});

describe('strict', () => {
  test('refuses a fat bag', async () => {
    const { shim, calls } = testShim({ mode: 'strict' });
    await expect(shim.wrap(identity)({ state_data: fatBag() })).rejects.toMatchObject({
      code: 'FAT_BAG',
      name: 'BagError',
      retryable: false,
    });
    expect(calls).toHaveLength(0);
  });

  test('takes a lean one, and makes a fat result lean', async () => {
    const store = testStore();
    const lean = (await testShim({}, store).shim.write(fatBag())) as Json;
    const { shim } = testShim({ mode: 'strict' }, store);
    expect(await shim.wrap<Json>(() => fatBag())(lean)).toEqual(lean);
  });
});

describe('rewrite and strict', () => {
  test.each([
    ['rewrite', null],
    ['rewrite', 'text'],
    ['rewrite', [fatBag()]],
    ['strict', null],
    ['strict', undefined],
  ] as const)('%s refuses an event that is %j', async (mode, event) => {
    const { shim } = testShim({ mode });
    await expect(shim.wrap(identity as never)(event as never)).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      name: 'BagError',
    });
  });
});

describe('a mode of its own for each owner', () => {
  test('is asked with the ids of the bag', async () => {
    const asked: unknown[] = [];
    const { shim } = testShim({
      mode: (ids) => {
        asked.push(ids);
        return ids.ownerId === 'acme' ? 'rewrite' : 'observe';
      },
    });
    const ours = (await shim.wrap(identity)({ state_data: fatBag() })) as { state_data: Json };
    const theirs = fatBag({ ownerId: 'other' });
    expect(ours.state_data.state_bag_version).toBe(2);
    expect(await shim.wrap(identity)(theirs)).toBe(theirs);
    expect(asked).toEqual([
      { ownerId: 'acme', workflowId: 'invoices' },
      { ownerId: 'other', workflowId: 'invoices' },
    ]);
  });

  test('that is none is a configuration error', async () => {
    const { shim } = testShim({ mode: (() => 'on') as never });
    await expect(shim.wrap(identity)(fatBag())).rejects.toMatchObject({ code: 'OPTION_INVALID', name: 'ConfigError' });
  });
});
