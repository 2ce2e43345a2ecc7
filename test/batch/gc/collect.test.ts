import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LAYOUT, formatKey, parseLayout } from '../../../src/bag/layout.js';
import { blobKeysOf } from '../../../src/batch/gc/blob-keys.js';
import { collect } from '../../../src/batch/gc/collect.js';
import type { BlobOutcome, CollectOptions } from '../../../src/batch/gc/collect.js';
import { parseDuration, ttlOf } from '../../../src/batch/gc/ttl.js';
import { nodeDisk } from '../../../src/batch/disk.js';
import { FilesSource } from '../../../src/batch/sources/files.js';
import { createBlobStore } from '../../../src/store/blob-store.js';
import { fsObjectStore } from 'statebag-shim/fs';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../../src/store/object-store.js';
import { s3ObjectStore } from 'statebag-shim/s3';
import { faultyStore, FAULTS } from '../../fakes/faulty-store.js';
import { startS3Server } from '../../fakes/s3-server.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-01-01T00:00:00Z');
const BUCKET = 'bucket';

let dir: string;
let time: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'statebag-gc-'));
  mkdirSync(join(dir, 'bags'));
  document('nothing', '{}');
  time = START;
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const keyOf = (text: string, kind: 'config' | 'member' = 'config') =>
  formatKey(DEFAULT_LAYOUT, kind, { ownerId: 'o', workflowId: 'w', sha256: sha256(text), member: 'm' });
const uriOf = (text: string) => `s3://${BUCKET}/${keyOf(text)}`;

function document(name: string, text: string): void {
  writeFileSync(join(dir, 'bags', `${name}.json`), text);
}

interface Ground {
  readonly objects: ObjectStore;
  readonly put: (text: string, kind?: 'config' | 'member') => Promise<'written' | 'reused'>;
}

function groundOn(objects: ObjectStore): Ground {
  const put = (text: string, kind: 'config' | 'member' = 'config') => {
    const blobs = createBlobStore({
      objects,
      bucket: BUCKET,
      now: () => time,
      backoff: { sleep: () => Promise.resolve() },
    });
    return blobs.put({ key: keyOf(text, kind), bytes: Buffer.from(text), sha256: sha256(text), addressed: true });
  };
  return { objects, put };
}

const inMemory = (): Ground => groundOn(memoryObjectStore({ now: () => time }));

async function run({ objects }: Ground, more: Partial<CollectOptions> = {}) {
  const blobs: BlobOutcome[] = [];
  const options: CollectOptions = {
    sources: [new FilesSource(join(dir, 'bags'), nodeDisk)],
    journals: [],
    objects,
    bucket: BUCKET,
    prefix: '',
    keys: blobKeysOf(DEFAULT_LAYOUT),
    ttl: 10 * DAY,
    concurrency: 4,
    allowEmpty: false,
    apply: true,
    now: () => time,
    onBlob: (blob) => void blobs.push(blob),
    ...more,
  };
  return { ...(await collect(options)), outcomes: blobs };
}

async function keysIn({ objects }: Ground): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(BUCKET, '')) keys.push(key);
  return keys;
}

describe('the collector of garbage', () => {
  it('deletes what nothing names and nobody has written for the time given, and nothing else', async () => {
    const ground = inMemory();
    for (const text of ['dead', 'alive']) await ground.put(text);
    document('bag', `{"workflow_config_s3_path":"${uriOf('alive')}"}`);
    time += 11 * DAY;
    await ground.put('young');
    const { blobs, live, young, deleted, bytesFreed } = await run(ground);
    expect({ blobs, live, young, deleted, bytesFreed }).toEqual({
      blobs: 3,
      live: 1,
      young: 1,
      deleted: 1,
      bytesFreed: 4,
    });
    expect([...(await keysIn(ground))].sort()).toEqual([keyOf('alive'), keyOf('young')].sort());
  });

  it('touches nothing without apply, and says what would go', async () => {
    const ground = inMemory();
    await ground.put('dead');
    time += 11 * DAY;
    const { garbage, deleted, outcomes } = await run(ground, { apply: false });
    expect([garbage, deleted, outcomes[0]?.outcome]).toEqual([1, 0, 'garbage']);
    expect(await keysIn(ground)).toHaveLength(1);
  });

  it.each([
    [
      'in a string of JSON',
      (uri: string) => JSON.stringify({ Payload: JSON.stringify({ a: JSON.stringify({ p: uri }) }) }),
    ],
    ['with escaped slashes', (uri: string) => `{"p":"${uri.replaceAll('/', '\\/')}"}`],
    ['percent-encoded', (uri: string) => JSON.stringify({ p: encodeURIComponent(uri).replaceAll('%2F', '%2f') })],
    [
      'as bucket and key of a pointer',
      () => JSON.stringify({ workflow_config: { __s3_pointer__: true, bucket: BUCKET, key: keyOf('alive') } }),
    ],
    ['by its digest alone', () => JSON.stringify({ note: sha256('alive') })],
    ['in user data', (uri: string) => JSON.stringify({ current_state: { deep: [[{ uri }]] } })],
  ])('sees a name %s', async (_, textOf) => {
    const ground = inMemory();
    await ground.put('alive');
    document('bag', textOf(uriOf('alive')));
    time += 11 * DAY;
    expect(await run(ground)).toMatchObject({ live: 1, garbage: 0 });
  });

  it('sees what live blobs name, and what those name', async () => {
    const ground = inMemory();
    await ground.put('leaf');
    const middle = JSON.stringify({ workflow_config_s3_path: uriOf('leaf') });
    await ground.put(middle, 'member');
    const outer = JSON.stringify({ p: sha256(middle) });
    await ground.put(outer, 'member');
    document('bag', JSON.stringify({ current_state: sha256(outer) }));
    time += 11 * DAY;
    expect(await run(ground)).toMatchObject({ blobs: 3, live: 3, garbage: 0 });
  });

  it('deletes nothing while something cannot be read', async () => {
    const ground = inMemory();
    await ground.put('dead');
    document('broken', '\u001f\u008bcompressed');
    time += 11 * DAY;
    const { blind, garbage } = await run(ground);
    expect([blind.map(({ code }) => code), garbage]).toEqual([['JSON_SYNTAX'], 0]);
    expect(await keysIn(ground)).toHaveLength(1);
  });

  it('deletes nothing while a live blob cannot be read', async () => {
    const ground = inMemory();
    for (const text of ['dead', 'alive']) await ground.put(text);
    document('bag', sha256('alive').replace(/^.*$/, '{"p":"$&"}'));
    time += 11 * DAY;
    const broken = faultyStore(ground.objects, ({ operation }) => (operation === 'get' ? FAULTS.denied : undefined));
    const { blind, deleted } = await run({ ...ground, objects: broken });
    expect([blind[0]?.code, deleted]).toEqual(['STORE_DENIED', 0]);
  });

  it('leaves alone what is no content-addressed blob of the layout', async () => {
    const ground = inMemory();
    const others = [
      'workflow-configs/o/w/config.json',
      `workflow-configs/o/w/x/${sha256('a')}/config.json`,
      `other/${sha256('a')}/config.json`,
      'paused/bag.json',
    ];
    for (const key of others) await ground.objects.put({ bucket: BUCKET, key }, Buffer.from('a'));
    time += 400 * DAY;
    expect(await run(ground)).toMatchObject({ blobs: 0, garbage: 0 });
    expect(await keysIn(ground)).toHaveLength(4);
  });

  it('meets a bag that moved to a place it had read already', async () => {
    const ground = inMemory();
    await ground.put('alive');
    time += 11 * DAY;
    const bag = `{"p":"${uriOf('alive')}"}`;
    document('z', bag);
    const move = once(() => {
      document('z', '{}');
      document('a', bag);
      return Promise.resolve();
    });
    const inner = new FilesSource(join(dir, 'bags'), nodeDisk);
    const source = {
      id: inner.id,
      container: (id: string) => inner.container(id),
      async *containers() {
        for await (const each of inner.containers()) {
          if (each.id.endsWith('z.json')) await move();
          yield each;
        }
      },
    };
    document('a', '{}');
    expect(await run(ground, { sources: [source], concurrency: 1 })).toMatchObject({ live: 1, deleted: 0 });
  });

  it('goes on after a blob that could not be deleted', async () => {
    const ground = inMemory();
    for (const text of ['one', 'two', 'three']) await ground.put(text);
    time += 11 * DAY;
    let faults = 1;
    const flaky = faultyStore(ground.objects, ({ operation }) =>
      operation === 'delete' && faults-- > 0 ? FAULTS.denied : undefined,
    );
    expect(await run({ ...ground, objects: flaky })).toMatchObject({ deleted: 2, failed: 1 });
  });

  it('stops when it is told to, with the mark incomplete', async () => {
    const ground = inMemory();
    await ground.put('dead');
    time += 11 * DAY;
    await expect(run(ground, { stop: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(await keysIn(ground)).toHaveLength(1);
  });
});

/** A store whose blobs can be made old: each driver in its own way. */
const DRIVERS: readonly {
  readonly name: string;
  readonly open: () => Promise<Ground & { readonly close: () => Promise<void> }>;
}[] = [
  { name: 'memory', open: () => Promise.resolve({ ...inMemory(), close: () => Promise.resolve() }) },
  { name: 'file system', open: () => Promise.resolve({ ...agingFiles(), close: () => Promise.resolve() }) },
  {
    name: 'in-process S3',
    open: async () => {
      process.env.AWS_ACCESS_KEY_ID ??= 'test';
      process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
      const server = await startS3Server({ buckets: [BUCKET], now: () => new Date(time) });
      return {
        ...groundOn(s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' })),
        close: () => server.stop(),
      };
    },
  },
];

/** Files get the time of the test's clock. */
function agingFiles(): Ground {
  const root = join(dir, 'store');
  const inner = fsObjectStore({ root });
  const objects: ObjectStore = {
    description: inner.description,
    keepsAttributes: inner.keepsAttributes,
    get: (address, request) => inner.get(address, request),
    list: (bucket, prefix, signal) => inner.list(bucket, prefix, signal),
    delete: (address, request) => inner.delete(address, request),
    put: async (address, bytes, request) => {
      const version = await inner.put(address, bytes, request);
      utimesSync(join(root, address.bucket, address.key), time / 1000, time / 1000);
      return version;
    },
  };
  return groundOn(objects);
}

describe.each(DRIVERS)('a collection beside writers, on $name', ({ open }) => {
  let ground: Ground & { readonly close: () => Promise<void> };
  beforeEach(async () => {
    ground = await open();
  });
  afterEach(() => ground.close());

  it('never deletes a blob that was reused since the mark began, at whatever moment', async () => {
    for (const moment of ['list', 'delete'] as const) {
      for (const text of ['dead', 'reused']) await ground.put(text);
      time += 11 * DAY;
      const reuse = once(async () => {
        expect(await ground.put('reused')).toBe('reused');
      });
      const { deleted, kept } = await run({ ...ground, objects: meanwhile(ground.objects, moment, reuse) });
      expect(deleted + kept).toBeGreaterThan(0);
      expect(await keysIn(ground)).toEqual([keyOf('reused')]);
    }
  });

  it('leaves a writer who comes behind the delete to write the blob again', async () => {
    await ground.put('dead');
    time += 11 * DAY;
    expect(await run(ground)).toMatchObject({ deleted: 1 });
    expect(await ground.put('dead')).toBe('written');
    expect(await run(ground)).toMatchObject({ young: 1, deleted: 0 });
  });
});

it('whatever is written, reused and named in whatever order, no name ever leads nowhere', async () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('bag' as const),
      blob: fc.integer({ min: 0, max: 3 }),
      slot: fc.integer({ min: 0, max: 2 }),
    }),
    fc.record({ do: fc.constant('drop' as const), slot: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 400 }) }),
    fc.record({
      do: fc.constant('gc' as const),
      during: fc.option(
        fc.record({
          blob: fc.integer({ min: 0, max: 3 }),
          slot: fc.integer({ min: 0, max: 2 }),
          moment: fc.constantFrom('list' as const, 'get' as const, 'delete' as const),
        }),
      ),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      time = START;
      for (const slot of [0, 1, 2]) document(`slot${slot}`, '{}');
      const ground = inMemory();
      const named = new Map<number, string>();
      const bag = async (blob: number, slot: number): Promise<void> => {
        await ground.put(`blob ${blob}`);
        document(`slot${slot}`, JSON.stringify({ p: uriOf(`blob ${blob}`) }));
        named.set(slot, keyOf(`blob ${blob}`));
      };
      for (const each of steps) {
        if (each.do === 'bag') await bag(each.blob, each.slot);
        else if (each.do === 'wait') time += each.hours * HOUR;
        else if (each.do === 'drop') {
          document(`slot${each.slot}`, '{}');
          named.delete(each.slot);
        } else {
          const { during } = each;
          const objects = during
            ? meanwhile(
                ground.objects,
                during.moment,
                once(() => bag(during.blob, during.slot)),
              )
            : ground.objects;
          await run({ ...ground, objects }, { ttl: 3 * DAY });
        }
        const keys = await keysIn(ground);
        for (const key of named.values()) expect(keys).toContain(key);
      }
    }),
    { numRuns: 150 },
  );
});

/** Lets something happen right before the first call of an operation. */
function meanwhile(
  objects: ObjectStore,
  operation: 'get' | 'list' | 'delete',
  happening: () => Promise<void>,
): ObjectStore {
  return {
    description: objects.description,
    keepsAttributes: objects.keepsAttributes,
    put: (address, bytes, request) => objects.put(address, bytes, request),
    get: async (address, request) => {
      if (operation === 'get') await happening();
      return objects.get(address, request);
    },
    delete: async (address, request) => {
      if (operation === 'delete') await happening();
      return objects.delete(address, request);
    },
    async *list(bucket, prefix, signal) {
      if (operation === 'list') await happening();
      yield* objects.list(bucket, prefix, signal);
    },
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

describe('keys of a layout', () => {
  it('are known by every template', () => {
    const keys = blobKeysOf(parseLayout({ config: 'a.b/{ownerId}/{workflowId}/{sha256}/{sha256}.json' }));
    const digest = sha256('x');
    expect(keys.digestOf(`a.b/o/w/${digest}/${digest}.json`)).toBe(digest);
    expect(keys.digestOf(`a.b/o/w/${digest}/${sha256('y')}.json`)).toBeUndefined();
    expect(keys.digestOf(`aXb/o/w/${digest}/${digest}.json`)).toBeUndefined();
    expect(keys.digestOf('workflow-partitions/o/w/map.json')).toBeUndefined();
    expect(keys.folders).toEqual(['a.b/', 'workflow-partitions/', 'workflow-manifests/', 'state-members/']);
  });

  it('are looked for in the whole store when a template has no folder of its own', () => {
    expect(blobKeysOf({ ...DEFAULT_LAYOUT, config: '{ownerId}/{workflowId}/{sha256}/c.json' }).folders).toEqual(['']);
  });
});

describe('the time a blob is kept', () => {
  it.each([
    ['90d', 90 * DAY],
    ['36h', 36 * HOUR],
    ['5m', 300_000],
    ['0s', 0],
  ])('reads %s', (text, expected) => {
    expect(parseDuration('audit', text)).toBe(expected);
  });

  it.each(['', '90', '-1d', '1.5d', '1w', 'd'])('refuses %j', (text) => {
    expect(() => parseDuration('audit', text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it('covers what is in use this moment, whatever is asked for', () => {
    expect(() => ttlOf({ execution: 47 * HOUR, redrive: 0, audit: 0 })).toThrow(
      expect.objectContaining({ code: 'TTL_TOO_SHORT' }) as Error,
    );
    expect(ttlOf({ execution: 48 * HOUR, redrive: 0, audit: 0 })).toBe(48 * HOUR);
  });
});
