import { describe, expect, test } from 'vitest';
import { WireShim } from '../../src/shim/wire-shim.js';
import { ADAPTER_NAMES, adaptedBy, finishedBy, useAdapters } from './adapters.js';
import { fatBag } from './bags.js';
import { observed } from './observed.js';
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

test('an answer that prints itself and cannot be printed is on the channel', async () => {
  const { shim } = testShim();
  const circle: { bag?: unknown; toJSON(): unknown } = { toJSON: () => ({ bag: circle.bag, circle: [printed] }) };
  const printed: { self?: unknown } = {};
  printed.self = printed;
  const messages = await observed('write', () => shim.write(circle).catch(() => undefined));
  expect(messages).toMatchObject([{ code: 'NOT_JSON' }]);
});

test('an event and a result whose mode cannot be found out are on the channels', async () => {
  const { shim } = testShim({
    mode: () => {
      throw new Error('the flag service is down');
    },
  });
  const reads = await observed('read', () =>
    shim
      .wrap((event) => event)(fatBag())
      .catch(() => undefined),
  );
  expect(reads).toMatchObject([{ code: 'MODE_FAILED', generation: 'fat', mode: 'observe' }]);
  const writes = await observed('write', () => shim.write(fatBag()).catch(() => undefined));
  expect(writes).toMatchObject([{ code: 'MODE_FAILED', generation: 'fat', mode: 'observe' }]);
});

test('what is no JSON is on the channels of the adapter of bytes', async () => {
  const text = (value: string) => Buffer.from(value);
  const shim = new WireShim({ store: testStore().store, mode: 'rewrite' });
  const refused = await observed('read', () => shim.adapt(text('{')).catch(() => undefined));
  expect(refused).toMatchObject([{ code: 'JSON_SYNTAX', generation: 'foreign', mode: 'observe' }]);
  const passed = await observed('write', () => shim.seal(text('garbage')));
  expect(passed).toMatchObject([{ generation: 'foreign', mode: 'observe', bytesSaved: 0, offloaded: [] }]);
});
