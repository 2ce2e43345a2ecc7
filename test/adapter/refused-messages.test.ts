import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy, finishedBy, useAdapters } from './adapters.js';
import { fatBag } from './bags.js';
import { observed } from './observed.js';
import { testShim } from './shims.js';

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
