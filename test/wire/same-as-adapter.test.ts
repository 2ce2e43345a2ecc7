import { describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { VARIANTS } from '../../examples/fleet/variants/index.js';
import type { VariantName } from '../../examples/fleet/variants/index.js';
import { createStateBagShim, StateBagError } from 'statebag-shim';
import type { Speech } from 'statebag-shim';
import { createBlobStore } from '../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../src/store/object-store.js';
import { WireShim } from '../../src/wire/wire-shim.js';
import { readFixtures } from '../bag/read-fixtures.js';

type Json = Record<string, unknown>;

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** By `bucket/key`. */
  readonly objects: Readonly<Record<string, Uint8Array>>;
}

const fixtures: readonly Case[] = readFixtures().map(({ name, input, objects }) => ({ name, bytes: input, objects }));

const fleet: readonly Case[] = [
  ...makeFleet({
    seed: 11,
    bags: Object.keys(VARIANTS).length,
    workflows: 4,
    size: 'small',
    mix: Object.keys(VARIANTS) as VariantName[],
  }),
].map(({ name, bytes, objects }) => ({
  name,
  bytes,
  objects: Object.fromEntries(objects.map(({ bucket, key, bytes: body }) => [`${bucket}/${key}`, body])),
}));

/** The spelling of a number decides what becomes of these bags, and objects have lost it. */
const SPELLED = new Set([
  'an-inline-manifest-with-another-program-stays-whole',
  'numbers-and-escapes-keep-their-spelling',
]);

/** Only what `JSON.parse` reads can be held against the adapter of objects. */
const cases = [...fixtures, ...fleet].filter(({ name, bytes }) => isReadable(bytes) && !SPELLED.has(name));

function isReadable(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch {
    return false;
  }
}

/** What a handler answers, made from the event as it got it. */
const HANDLERS: Readonly<Record<string, (event: Json) => unknown>> = {
  'its event': (event) => event,
  'its event as a bag': (event) => ({ bag: event, next_action: 'CONTINUE' }),
  'its bag': ({ state_data: bag, ...event }) => ({ bag: bag ?? event, next_action: 'CONTINUE' }),
  'a bag in a second wrapper': (event) => ({ state_data: { state_data: bagOf(event) } }),
  'a newer bag in an older one': (event) => ({
    state_data: { ...bagOf(event), state_data: { ...bagOf(event), loop_counter: 7 } },
  }),
  'a bag that lost its paths': (event) => ({
    bag: { ownerId: event.ownerId, workflowId: event.workflowId, segment_manifest_s3_path: null, current_state: {} },
  }),
  'no bag': () => ({ status: 'done' }),
  'no object': () => [1, 2],
};

function bagOf(event: Json): Json {
  return typeof event.state_data === 'object' && event.state_data !== null ? (event.state_data as Json) : event;
}

async function storeOf({ objects }: Case): Promise<ObjectStore> {
  const store = memoryObjectStore();
  for (const [path, body] of Object.entries(objects)) {
    const slash = path.indexOf('/');
    await store.put({ bucket: path.slice(0, slash), key: path.slice(slash + 1) }, body);
  }
  return store;
}

async function keysOf(objects: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list('local', '')) keys.push(key);
  return keys;
}

async function settled<T>(work: () => Promise<T>): Promise<T | { readonly code: string }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StateBagError) return { code: error.code };
    throw error;
  }
}

const options = (objects: ObjectStore, speaks: Speech) =>
  ({ store: createBlobStore({ objects, bucket: 'local' }), mode: 'rewrite', speaks }) as const;
const plain = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

/**
 * A value with what its addresses hold in their place, and what its strings hold of JSON: objects forget blanks, the
 * order of numeric names and the spelling of numbers, and so name other addresses for the same content.
 */
async function meaningOf(value: unknown, objects: ObjectStore): Promise<unknown> {
  if (typeof value === 'string') return meaningOfText(value, objects);
  if (Array.isArray(value)) return Promise.all(value.map((item) => meaningOf(item, objects)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, member]) => [name, await meaningOf(member, objects)] as const),
  );
  return Object.fromEntries(entries.filter(([name]) => !['key', 'checksum', 'size_bytes'].includes(name)));
}

async function meaningOfText(text: string, objects: ObjectStore): Promise<unknown> {
  if (/^\s*[[{]/.test(text) && isReadable(Buffer.from(text))) return meaningOf(JSON.parse(text), objects);
  const [, key] = /^s3:\/\/local\/(.*\/[0-9a-f]{64}\/.*)$/s.exec(text) ?? [];
  if (key === undefined || !(await keysOf(objects)).includes(key)) return text;
  return {
    key: key.replace(/[0-9a-f]{64}/, ''),
    holds: await meaningOf(plain((await objects.get({ bucket: 'local', key })).bytes), objects),
  };
}

describe.each(['lean', 'fat'] as const)('to a handler that speaks %s, bytes say what objects say', (speaks) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    for (const handler of Object.values(HANDLERS)) {
      const [here, there] = [await storeOf(one), await storeOf(one)];
      const wire = new WireShim(options(here, speaks), MIGRATIONS);
      const shim = createStateBagShim(options(there, speaks));
      const adapted = await settled(() => wire.adapt(one.bytes));
      const reading = shim.read(plain(one.bytes));
      const event = await settled(() => reading.runnerEvent());
      if ('code' in adapted) {
        expect(adapted).toEqual(event);
        break;
      }
      expect(await meaningOf(plain(adapted.bytes), here)).toEqual(await meaningOf(event, there));
      const given = plain(adapted.bytes) as Json;
      const sealed = await settled(async () =>
        plain(await wire.seal(Buffer.from(JSON.stringify(handler(given))), adapted)),
      );
      const written = await settled(() => shim.write(handler(structuredClone(event) as Json), reading));
      expect(await meaningOf(sealed, here)).toEqual(await meaningOf(written, there));
      expect((await keysOf(here)).length).toBe((await keysOf(there)).length);
    }
  });
});
