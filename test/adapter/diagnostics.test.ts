import { expect, test } from 'vitest';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { testShim } from './shims.js';

const handle = (event: object) => ({ bag: { ...event }, next_action: 'CONTINUE' });
const ids = { ownerId: 'acme', workflowId: 'invoices', mode: 'rewrite' };
const aNumber = expect.any(Number) as number;

test('a read says what came in and where its program was found', async () => {
  expect(await observed('read', () => testShim().shim.wrap(handle)(fatBag()))).toEqual([
    {
      ...ids,
      speaks: 'lean',
      generation: 'fat',
      envelope: '',
      source: 'inline-map',
      segmentIndex: 1,
      bytesSaved: inlineBytes(fatBag()),
      durationMs: aNumber,
    },
  ]);
});

test('an offload names each blob', async () => {
  const { shim, keys } = testShim();
  const [message] = await observed('offload', () => shim.wrap(handle)(fatBag()));
  expect(message).toMatchObject({ ...ids, side: 'event' });
  expect(message!.blobs.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ['config', 'written'],
    ['map', 'written'],
    ['manifest', 'written'],
  ]);
  expect(message!.blobs.map(({ uri }) => uri.slice('s3://bags/'.length)).sort()).toEqual((await keys()).sort());
});

test('a write says what went back', async () => {
  const [message] = await observed('write', () => testShim().shim.wrap(handle)(fatBag()));
  expect(message).toEqual({
    ...ids,
    generation: 'lean',
    bytes: aNumber,
    bytesSaved: 0,
    repaired: false,
    offloaded: [],
    durationMs: aNumber,
  });
});

test('a write tells the bytes that left a fat result', async () => {
  const bag = fatBag();
  const [message] = await observed('write', () => testShim().shim.write(bag));
  expect(message).toMatchObject({ generation: 'fat', bytesSaved: inlineBytes(bag) });
});

test('durations are told by the clock that was handed in', async () => {
  let now = 1_000;
  const { shim } = testShim({ clock: () => (now += 7) });
  const [message] = await observed('read', () => shim.wrap(handle)(fatBag()));
  expect(message!.durationMs).toBe(7);
});

function inlineBytes(bag: Json): number {
  return [bag.workflow_config, bag.partition_map].reduce<number>(
    (sum, value) => sum + Buffer.byteLength(JSON.stringify(value)),
    0,
  );
}
