import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createStateBagShim, PointerError, StateBagError } from 'statebag-shim';
import type { Speech, StateBagShim } from 'statebag-shim';
import { fsObjectStore } from 'statebag-shim/fs';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../src/store/object-store.js';
import { canonicalDigest } from '../bag/canonical.js';
import { without } from './bags.js';
import type { Json } from './bags.js';
import { putObject, testStore } from './shims.js';

const corpus = process.env.STATEBAG_CORPUS;
const BUCKET = 'analemma-workflow-state-dev';

interface Expected {
  readonly name: string;
  readonly accept: readonly string[];
}

/** The corpus is read, what the shim writes stays in memory. */
function overlay(root: string): ObjectStore {
  const [written, stored] = [memoryObjectStore(), fsObjectStore({ root })];
  return {
    ...written,
    description: 'overlay',
    keepsAttributes: true,
    put: written.put.bind(written),
    delete: written.delete.bind(written),
    list: written.list.bind(written),
    get: async (address, request) => {
      try {
        return await written.get(address, request);
      } catch {
        return stored.get(address, request);
      }
    },
  };
}

function readEvents(root: string): Map<string, unknown> {
  const constructed = JSON.parse(readFileSync(join(root, 'events/constructed.json'), 'utf8')) as {
    name: string;
    event: unknown;
  }[];
  const folder = join(root, 'events/asl');
  const recorded = readdirSync(folder).map((file): [string, unknown] => {
    const body = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Json;
    return [file.slice(0, -5), body.event ?? body];
  });
  return new Map([...constructed.map(({ name, event }): [string, unknown] => [name, event]), ...recorded]);
}

async function answer(shim: StateBagShim, event: unknown): Promise<string> {
  try {
    return canonicalDigest(await shim.read(event).segmentConfig());
  } catch (error) {
    if (error instanceof StateBagError) return 'error';
    throw error;
  }
}

test('a store over another writes above and reads what lies below', async () => {
  const [root, store] = [await mkdtemp(join(tmpdir(), 'overlay-')), testStore()];
  await fsObjectStore({ root }).put({ bucket: BUCKET, key: 'below.json' }, Buffer.from('1'));
  const above = overlay(root);
  await putObject({ ...store, objects: above }, 'above.json', 2, BUCKET);
  const read = async (key: string) => Buffer.from((await above.get({ bucket: BUCKET, key })).bytes).toString();
  expect([await read('below.json'), await read('above.json')]).toEqual(['1', '2']);
  await expect(fsObjectStore({ root }).get({ bucket: BUCKET, key: 'above.json' })).rejects.toMatchObject({
    code: 'OBJECT_NOT_FOUND',
  });
  await rm(root, { recursive: true });
});

// Recorded events are not part of the project; whoever has a corpus names its folder.
if (corpus !== undefined) {
  const accepted = new Map(
    (JSON.parse(readFileSync(join(corpus, 'expected/segments.json'), 'utf8')) as Expected[]).map(({ name, accept }) => [
      name,
      accept,
    ]),
  );
  const events = readEvents(corpus);
  const shimOf = (speaks: Speech) =>
    createStateBagShim({
      store: testStore(overlay(join(corpus, 's3')), { bucket: BUCKET }).store,
      mode: 'rewrite',
      speaks,
      budget: false,
    });

  describe.each([...events.keys()])('the recorded event %s', (name) => {
    const accept = accepted.get(name) ?? ['any'];

    test('leads to the program that is known to be right', async () => {
      const found = await answer(shimOf('lean'), events.get(name));
      expect(accept.includes('any') || accept.includes(found)).toBe(true);
    });

    test.each(['lean', 'fat'] as const)(
      'leads to the same program after a runner that speaks %s gave it back',
      async (speaks) => {
        const shim = shimOf(speaks);
        const event = events.get(name);
        const before = await answer(shim, event);
        let handed = '';
        const handler = shim.wrap<Json>((got) => {
          const { segment_config: program } = got as Json;
          // A bag with manifest_id gets none.
          handed = program === undefined ? before : canonicalDigest(without(program as Json, 'added_by_statebag_shim'));
          return { ...got };
        });
        const result = await handler(event as Json).catch((error: unknown) => error);
        if (result instanceof StateBagError) {
          // A fat-speaking runner is not given a map that is gone, though the config still leads to the program.
          expect(before === 'error' || (speaks === 'fat' && result instanceof PointerError)).toBe(true);
          return;
        }
        expect(handed).toBe(before);
        expect(await answer(shim, result)).toBe(before);
      },
    );
  });
}
