import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy, finishedBy, useAdapters } from './adapters.js';
import { fatBag } from './bags.js';
import { observed } from './observed.js';
import { WireShim } from '../../src/shim/wire-shim.js';
import { testShim, testStore } from './shims.js';

const adapterOf = useAdapters();

describe.each(ADAPTER_NAMES)('with the adapter of %s', (name) => {
  test('a fat bag that the mode strict refuses is on the channel, with its owner and its code', async () => {
    const adapter = await adapterOf(name, { mode: 'strict' });
    const messages = await observed('read', () => adaptedBy(adapter, fatBag()).catch(() => undefined));
    expect(messages).toMatchObject([
      { code: 'FAT_BAG', generation: 'fat', ownerId: 'acme', workflowId: 'invoices', mode: 'strict' },
    ]);
  });

  test('an event without its segment is on the channel', async () => {
    const adapter = await adapterOf(name);
    const event = fatBag({ segment_to_run: 99 });
    const messages = await observed('read', () => adaptedBy(adapter, event).catch(() => undefined));
    expect(messages).toMatchObject([{ code: 'SEGMENT_OUT_OF_RANGE', generation: 'fat' }]);
  });

  test('a result that is too large is on the channel', async () => {
    const adapter = await adapterOf(name, { limitBytes: 500 });
    const messages = await observed('write', () => finishedBy(adapter, fatBag()).catch(() => undefined));
    expect(messages).toMatchObject([{ code: 'PAYLOAD_TOO_LARGE', generation: 'fat', bytesSaved: 0, offloaded: [] }]);
  });

  test.each(['observe', 'shadow'] as const)('a result in the mode %s is on the channel, as it is', async (mode) => {
    const adapter = await adapterOf(name, { mode });
    const messages = await observed('write', () => finishedBy(adapter, fatBag()));
    expect(messages).toMatchObject([{ generation: 'fat', mode, bytesSaved: 0, repaired: false }]);
  });
});

describe('when the function for the mode fails,', () => {
  const { shim } = testShim({
    mode: () => {
      throw new Error('the service for modes is down');
    },
  });

  test('the event is on the channel, with the default mode', async () => {
    const messages = await observed('read', () =>
      shim
        .wrap((event) => event)(fatBag())
        .catch(() => undefined),
    );
    expect(messages).toMatchObject([{ code: 'MODE_FAILED', generation: 'fat', ownerId: 'acme', mode: 'observe' }]);
  });

  test('the result is on the channel, with the default mode', async () => {
    const messages = await observed('write', () => shim.write(fatBag()).catch(() => undefined));
    expect(messages).toMatchObject([{ code: 'MODE_FAILED', generation: 'fat', ownerId: 'acme', mode: 'observe' }]);
  });
});

describe('an event that is read by hand', () => {
  test.each(['segment', 'segmentConfig', 'hydrated', 'runnerEvent'] as const)(
    'is on the channel once when %s is called first',
    async (method) => {
      const { shim } = testShim();
      const reading = shim.read(fatBag());
      const messages = await observed('read', async () => {
        await reading[method]();
        await reading.segmentConfig();
        await shim.write({ bag: fatBag() }, reading);
      });
      expect(messages).toMatchObject([{ generation: 'fat', ownerId: 'acme', mode: 'rewrite' }]);
      expect(messages[0]).not.toHaveProperty('code');
    },
  );

  test('is on the channel with its code when its segment is refused', async () => {
    const reading = testShim().shim.read(fatBag({ segment_to_run: 99 }));
    const messages = await observed('read', () => reading.segmentConfig().catch(() => undefined));
    expect(messages).toMatchObject([{ code: 'SEGMENT_OUT_OF_RANGE', generation: 'fat', ownerId: 'acme' }]);
  });

  test('in the mode observe is on the channel when its result goes back', async () => {
    const { shim } = testShim({ mode: 'observe' });
    const messages = await observed('read', () => shim.write({ bag: fatBag() }, shim.read(fatBag())));
    expect(messages).toMatchObject([{ generation: 'fat', ownerId: 'acme', mode: 'observe' }]);
  });
});

describe('in front of a runtime,', () => {
  const NOT_JSON = Buffer.from('not JSON');
  const foreign = { generation: 'foreign', ownerId: undefined };
  const readBy = (wire: WireShim, bytes: Uint8Array) =>
    observed('read', () => wire.adapt(bytes).catch(() => undefined));
  const open = (options: Partial<ConstructorParameters<typeof WireShim>[0]> = {}) =>
    new WireShim({ store: testStore().store, mode: 'rewrite', ...options });

  test('an event that passes because it is no JSON, or no object, is on the channel', async () => {
    const wire = open({ onUnreadable: 'pass' });
    expect(await readBy(wire, NOT_JSON)).toMatchObject([{ ...foreign, mode: 'observe' }]);
    expect(await readBy(wire, Buffer.from('[1]'))).toMatchObject([{ ...foreign, mode: 'observe' }]);
  });

  test('an event that is refused because it is no JSON is on the channel', async () => {
    expect(await readBy(open(), NOT_JSON)).toMatchObject([{ ...foreign, mode: 'observe', code: 'JSON_SYNTAX' }]);
  });

  test('a result that is no JSON is on the channel', async () => {
    const wire = open();
    const before = await wire.adapt(Buffer.from(JSON.stringify(fatBag())));
    const messages = await observed('write', () => wire.seal(NOT_JSON, before));
    expect(messages).toMatchObject([{ generation: 'foreign', ownerId: 'acme', mode: 'rewrite', bytes: 8 }]);
  });

  test('a fat result that passes after an event that is no object is on the channel, with its owner', async () => {
    const wire = open({ onUnreadable: 'pass' });
    const before = await wire.adapt(Buffer.from('"warm up"'));
    const messages = await observed('write', () => wire.seal(Buffer.from(JSON.stringify(fatBag())), before));
    expect(messages).toMatchObject([{ generation: 'fat', ownerId: 'acme', mode: 'observe' }]);
  });
});

test('an answer that prints itself and cannot be printed is on the channel', async () => {
  const { shim } = testShim();
  const circle: { bag?: unknown; toJSON(): unknown } = { toJSON: () => ({ bag: circle.bag, circle: [printed] }) };
  const printed: { self?: unknown } = {};
  printed.self = printed;
  const messages = await observed('write', () => shim.write(circle).catch(() => undefined));
  expect(messages).toMatchObject([{ code: 'NOT_JSON' }]);
});
