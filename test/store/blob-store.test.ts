import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { StateBagError } from 'statebag-shim';
import { createBlobStore } from '../../src/store/blob-store.js';
import type { Blob, BlobStore, BlobStoreOptions } from '../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../src/store/object-store.js';
import { FAULTS, faultyStore, listedFaults, seededFaults } from '../fakes/faulty-store.js';
import type { FaultName, FaultyStore } from '../fakes/faulty-store.js';
import { blobOf, digestOf } from './blobs.js';
import { codeOf, outcomesOf } from './outcomes.js';

function literal(content: string): Blob {
  return blobOf(content, { key: 'workflow-configs/owner/wf/config.json', addressed: false });
}

describe('the blob store', () => {
  let objects: ObjectStore;
  let pauses: number[];
  const patience = {
    sleep: (milliseconds: number): Promise<void> => Promise.resolve(void pauses.push(milliseconds)),
    random: () => 0.5,
  };

  beforeEach(() => {
    objects = memoryObjectStore();
    pauses = [];
  });

  /** A blob store on top of the shared objects, with faults in between, and what it asked of them. */
  const open = (
    faults: readonly (FaultName | undefined)[] = [],
    options: Partial<BlobStoreOptions> = {},
  ): { blobs: BlobStore; faulty: FaultyStore } => {
    const faulty = faultyStore(objects, listedFaults(faults));
    return {
      blobs: createBlobStore({ objects: faulty, bucket: 'bucket', prefix: 'pre', backoff: patience, ...options }),
      faulty,
    };
  };
  const operationsOf = (faulty: FaultyStore): string[] => faulty.calls.map((call) => call.operation);

  describe('addresses', () => {
    it('says where a blob lies, in the form pointers hold', () => {
      expect(open().blobs.uri('a#b/c d.json')).toBe('s3://bucket/pre/a#b/c d.json');
    });

    it.each([
      [undefined, ''],
      ['', ''],
      ['/', ''],
      ['a', 'a/'],
      ['/a/b/', 'a/b/'],
    ])('takes the prefix %j for %j', (prefix, expected) => {
      const blobs = createBlobStore({ objects, bucket: 'bucket', ...(prefix === undefined ? {} : { prefix }) });
      expect(blobs.prefix).toBe(expected);
      expect(blobs.description).toBe(`s3://bucket/${expected} on memory:`);
    });

    it('needs a bucket', () => {
      expect(() => createBlobStore({ objects, bucket: '' })).toThrow(
        expect.objectContaining({ code: 'BUCKET_MISSING' }) as Error,
      );
    });
  });

  describe('renewal', () => {
    const HOUR = 3_600_000;
    let time: number;
    const at = (hours: number): void => {
      time = (1 + hours) * HOUR;
    };
    const opened = () => {
      objects = memoryObjectStore({ now: () => time });
      return open([], { now: () => time });
    };
    const ageOf = async (blob: Blob): Promise<number> => {
      const { lastModified } = await objects.get({ bucket: 'bucket', key: `pre/${blob.key}` });
      return (time - lastModified.getTime()) / HOUR;
    };

    it('writes a reused blob anew once it is a day old, so that it is not taken for garbage', async () => {
      at(0);
      const { blobs } = opened();
      const blob = blobOf('{}', { contentType: 'application/json' });
      await blobs.put(blob);
      at(23);
      expect([await blobs.put(blob), await ageOf(blob)]).toEqual(['reused', 23]);
      at(25);
      expect([await blobs.put(blob), await ageOf(blob)]).toEqual(['reused', 0]);
      expect((await objects.get({ bucket: 'bucket', key: `pre/${blob.key}` })).attributes).toEqual({
        contentType: 'application/json',
      });
    });

    it('remembers a stored blob for an hour and no longer', async () => {
      at(0);
      const { blobs, faulty } = opened();
      const blob = blobOf('{}');
      await blobs.put(blob);
      at(0.9);
      await blobs.put(blob);
      expect(operationsOf(faulty)).toEqual(['put']);
      at(1.1);
      await blobs.put(blob);
      expect(operationsOf(faulty)).toEqual(['put', 'put', 'get']);
    });

    it('leaves a blob at a key without digest as it is', async () => {
      at(0);
      const { blobs } = opened();
      await blobs.put(literal('{}'));
      at(100);
      expect([await blobs.put(literal('{}')), await ageOf(literal('{}'))]).toEqual(['reused', 100]);
    });
  });

  describe('putting', () => {
    it('writes the bytes with type and metadata by one conditional request, and asks nothing first', async () => {
      const { blobs, faulty } = open();
      const blob = blobOf('{}', { contentType: 'application/json', metadata: { usage: 'reference_only' } });
      expect(await blobs.put(blob)).toBe('written');
      expect(operationsOf(faulty)).toEqual(['put']);
      const found = await objects.get({ bucket: 'bucket', key: `pre/${blob.key}` });
      expect(found.attributes).toEqual({ contentType: 'application/json', metadata: { usage: 'reference_only' } });
    });

    it('knows what it stored, and asks no more', async () => {
      const { blobs, faulty } = open();
      await blobs.put(blobOf('{}'));
      expect(await blobs.put(blobOf('{}'))).toBe('reused');
      expect(operationsOf(faulty)).toEqual(['put']);
    });

    it('forgets the least recent beyond its bound, and then finds it in the store', async () => {
      const { blobs, faulty } = open([], { dedupeEntries: 2 });
      for (const content of ['a', 'b', 'c', 'a']) await blobs.put(blobOf(content));
      expect(operationsOf(faulty)).toEqual(['put', 'put', 'put', 'put', 'get']);
    });

    it('remembers nothing with a bound of 0', async () => {
      const { blobs, faulty } = open([], { dedupeEntries: 0 });
      await blobs.put(blobOf('a'));
      expect(await blobs.put(blobOf('a'))).toBe('reused');
      expect(operationsOf(faulty)).toEqual(['put', 'put', 'get']);
    });

    it('does not remember a write that failed', async () => {
      const { blobs } = open(['unavailable']);
      expect(await codeOf(blobs.put(blobOf('a')))).toBe('STORE_UNAVAILABLE');
      expect(await blobs.put(blobOf('a'))).toBe('written');
    });

    it('reuses what another process stored, after comparing it', async () => {
      await open().blobs.put(blobOf('a'));
      const { blobs, faulty } = open();
      expect(await blobs.put(blobOf('a'))).toBe('reused');
      expect(operationsOf(faulty)).toEqual(['put', 'get']);
    });

    it('takes one request for a hundred concurrent puts of one blob', async () => {
      const { blobs, faulty } = open();
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => blobs.put(blobOf('a'))));
      expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1);
      expect(operationsOf(faulty)).toEqual(['put']);
    });

    it('gives all who waited the error of the one request', async () => {
      const { blobs, faulty } = open(['denied']);
      expect(await outcomesOf([blobs.put(blobOf('a')), blobs.put(blobOf('a'))])).toEqual([
        'STORE_DENIED',
        'STORE_DENIED',
      ]);
      expect(operationsOf(faulty)).toEqual(['put']);
    });

    it('lets one caller give up without failing the others', async () => {
      const controller = new AbortController();
      const reason = new StateBagError('DEADLINE', 'too late');
      const slow = slowStore(objects);
      const blobs = createBlobStore({ objects: slow, bucket: 'bucket' });
      const first = blobs.put(blobOf('a'), controller.signal);
      const second = blobs.put(blobOf('a'));
      controller.abort(reason);
      await expect(first).rejects.toBe(reason);
      expect(await second).toBe('written');
    });

    it('lets one who only waits give up while the write goes on', async () => {
      const controller = new AbortController();
      const blobs = createBlobStore({ objects: slowStore(objects), bucket: 'bucket' });
      const first = blobs.put(blobOf('a'));
      const second = blobs.put(blobOf('a'), controller.signal);
      controller.abort(new Error('enough'));
      await expect(second).rejects.toThrow('enough');
      expect(await first).toBe('written');
    });

    it('refuses bytes that do not have the digest they claim', async () => {
      expect(await codeOf(open().blobs.put({ ...blobOf('a'), bytes: Buffer.from('b') }))).toBe('DIGEST_MISMATCH');
    });
  });

  describe('putting where something lies', () => {
    it('says BLOB_MISMATCH when other bytes lie at a content address', async () => {
      await objects.put({ bucket: 'bucket', key: `pre/${blobOf('a').key}` }, Buffer.from('damaged'));
      const error = await open()
        .blobs.put(blobOf('a'))
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        name: 'IntegrityError',
        code: 'BLOB_MISMATCH',
        retryable: false,
        context: { expected: digestOf('a'), found: digestOf('damaged') },
      });
    });

    it('says WOULD_OVERWRITE when other bytes lie at a key without digest, and leaves them', async () => {
      const { blobs } = open();
      await blobs.put(literal('first'));
      const error = await blobs.put(literal('second')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ConflictError', code: 'WOULD_OVERWRITE' });
      expect(Buffer.from(await blobs.get({ bucket: 'bucket', key: `pre/${literal('').key}` })).toString()).toBe(
        'first',
      );
    });

    it('reuses the same bytes at a key without digest', async () => {
      await open().blobs.put(literal('same'));
      expect(await open().blobs.put(literal('same'))).toBe('reused');
    });
  });

  describe('putting through faults', () => {
    it('takes a lost reply that the SDK retried for a success, after reading back', async () => {
      const { blobs, faulty } = open(['lost-reply-retried']);
      expect(await blobs.put(blobOf('a'))).toBe('reused');
      expect(operationsOf(faulty)).toEqual(['put', 'get']);
    });

    it('writes again after a conflict, each time after a longer pause', async () => {
      const { blobs, faulty } = open(['conflict', 'conflict', 'conflict']);
      expect(await blobs.put(blobOf('a'))).toBe('written');
      expect(operationsOf(faulty)).toEqual(['put', 'put', 'put', 'put']);
      expect(pauses).toEqual([25, 50, 100]);
    });

    it('reads back when conflicts do not end, and reuses what the rival wrote', async () => {
      await objects.put({ bucket: 'bucket', key: `pre/${blobOf('a').key}` }, Buffer.from('a'));
      const { blobs, faulty } = open(['conflict', 'conflict'], { backoff: { ...patience, attempts: 2 } });
      expect(await blobs.put(blobOf('a'))).toBe('reused');
      expect(operationsOf(faulty)).toEqual(['put', 'put', 'get']);
    });

    it('gives up when conflicts do not end and nothing is there', async () => {
      const { blobs } = open(Array<FaultName>(10).fill('conflict'));
      const error = await blobs.put(blobOf('a')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'WRITE_CONFLICT', retryable: true });
      expect(pauses).toHaveLength(4);
    });

    it('writes again when what was there has gone before it could be read', async () => {
      const { blobs, faulty } = open(['precondition']);
      expect(await blobs.put(blobOf('a'))).toBe('written');
      expect(operationsOf(faulty)).toEqual(['put', 'get', 'put']);
    });

    it('stops pausing when its signal aborts', async () => {
      const controller = new AbortController();
      const blobs = createBlobStore({
        objects: faultyStore(objects, () => FAULTS.conflict),
        bucket: 'bucket',
        backoff: { attempts: 50, random: () => 1 },
      });
      const pending = blobs.put(blobOf('a'), controller.signal);
      controller.abort(new Error('enough'));
      await expect(pending).rejects.toThrow('enough');
    });

    it.each(['unavailable', 'timeout', 'lost-reply', 'denied', 'full'] as const)(
      'passes %s on at once',
      async (fault) => {
        const { blobs, faulty } = open([fault]);
        expect(await codeOf(blobs.put(blobOf('a')))).toBe(FAULTS[fault].code);
        expect(operationsOf(faulty)).toEqual(['put']);
      },
    );

    it('stores the right bytes or none whatever goes wrong, and always succeeds once nothing does', async () => {
      const step = fc.record({
        content: fc.constantFrom('a', 'b', 'c'),
        addressed: fc.boolean(),
        process: fc.nat({ max: 2 }),
      });
      const plan = fc.array(step, { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(
          plan,
          fc.integer(),
          fc.double({ min: 0, max: 0.9, noNaN: true }),
          fc.boolean(),
          async (steps, seed, share, together) => {
            const shared = memoryObjectStore();
            const names = Object.keys(FAULTS) as FaultName[];
            const storeOf = (index: number): BlobStore =>
              createBlobStore({
                objects: faultyStore(shared, seededFaults(seed + index, share, names)),
                bucket: 'bucket',
                backoff: patience,
              });
            const processes = [0, 1, 2].map(storeOf);
            const run = (one: (typeof steps)[number]): Promise<string> =>
              codeOf(processes[one.process]!.put(one.addressed ? blobOf(one.content) : keyed(one.content)));
            if (together) await Promise.all(steps.map(run));
            else for (const one of steps) await run(one);
            await assertSound(
              shared,
              steps.map((one) => (one.addressed ? blobOf(one.content) : keyed(one.content))),
            );
          },
        ),
        { numRuns: 300 },
      );
    });
  });
});

/** A key without digest that each content has for itself, so that only faults can fail its puts. */
function keyed(content: string): Blob {
  return blobOf(content, { key: `literal/${content}.json`, addressed: false });
}

/** What lies in the store is what was meant for it; and a store without faults finishes every put. */
async function assertSound(shared: ObjectStore, blobs: readonly Blob[]): Promise<void> {
  for await (const found of shared.list('bucket', '')) {
    const meant = blobs.find((blob) => blob.key === found.key);
    expect(digestOf(Buffer.from((await shared.get(found)).bytes).toString())).toBe(meant?.sha256);
  }
  const healthy = createBlobStore({ objects: shared, bucket: 'bucket' });
  for (const blob of blobs) {
    await healthy.put(blob);
    expect(
      Buffer.from(await healthy.get({ bucket: 'bucket', key: blob.key }, { sha256: blob.sha256 })).equals(blob.bytes),
    ).toBe(true);
  }
}

/** Writes after a turn of the event loop, unless aborted by then. */
function slowStore(objects: ObjectStore): ObjectStore {
  return {
    description: objects.description,
    keepsAttributes: objects.keepsAttributes,
    get: (...args) => objects.get(...args),
    list: (...args) => objects.list(...args),
    delete: (...args) => objects.delete(...args),
    put: async (address, bytes, request) => {
      await new Promise((resolve) => setImmediate(resolve));
      return objects.put(address, bytes, request);
    },
  };
}
