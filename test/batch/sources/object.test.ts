import { describe, expect, it } from 'vitest';
import { ObjectPrefixSource } from '../../../src/batch/sources/object-prefix.js';
import { memoryObjectStore } from '../../../src/store/index.js';
import type { ObjectAddress, ObjectAttributes, ObjectStore } from '../../../src/store/index.js';
import { storeErrorOf } from '../../../src/store/store-errors.js';
import { FAULTS, faultyStore } from '../../fakes/faulty-store.js';
import type { FaultName } from '../../fakes/faulty-store.js';
import { bag, bags, raggedLines } from '../bags.js';
import { run, runRollback, runVerify } from '../workbench.js';
import { BLOBS, digests, DOCS, World } from '../world.js';

const ONE: ObjectAddress = { bucket: DOCS, key: 'in/one.json' };
const ATTRIBUTES: ObjectAttributes = {
  contentType: 'application/vnd.bag+json',
  contentEncoding: 'identity',
  cacheControl: 'no-store',
  contentLanguage: 'ko',
  metadata: { owner: 'o-1', note: 'kept' },
  tags: { team: 'blue', paused: 'yes' },
  storageClass: 'STANDARD_IA',
  serverSideEncryption: 'aws:kms',
  kmsKeyId: 'key-1',
};

async function worldWithOne(): Promise<World> {
  const world = await World.with({});
  await world.objects.put(ONE, bag(), { attributes: ATTRIBUTES });
  return world;
}

/** A store in which something happens just before the n-th call of a kind on documents. */
function meanwhile(
  objects: ObjectStore,
  operation: 'get' | 'put',
  count: number,
  happening: () => Promise<unknown>,
): ObjectStore {
  let calls = 0;
  const before = async (kind: 'get' | 'put', { bucket }: ObjectAddress) => {
    if (bucket === DOCS && kind === operation && ++calls === count) await happening();
  };
  return {
    ...facade(objects),
    get: async (address, request) => {
      await before('get', address);
      return objects.get(address, request);
    },
    put: async (address, bytes, request) => {
      await before('put', address);
      return objects.put(address, bytes, request);
    },
  };
}

function facade(objects: ObjectStore): ObjectStore {
  return {
    description: objects.description,
    keepsAttributes: objects.keepsAttributes,
    get: (...args) => objects.get(...args),
    put: (...args) => objects.put(...args),
    list: (...args) => objects.list(...args),
    delete: (...args) => objects.delete(...args),
  };
}

it('keeps type, metadata, tags, encryption and storage class through a migration and back', async () => {
  const world = await worldWithOne();
  await run(world);
  const migrated = await world.objects.get(ONE, { withTags: true });
  expect(migrated.attributes).toEqual(ATTRIBUTES);
  expect(Buffer.from(migrated.bytes).equals(bag())).toBe(false);
  expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(['verified']);
  await runRollback(world);
  const restored = await world.objects.get(ONE, { withTags: true });
  expect(restored.attributes).toEqual(ATTRIBUTES);
  expect(Buffer.from(restored.bytes).equals(bag())).toBe(true);
});

it('takes lines by the name of the object, and gives them back', async () => {
  const lines = Buffer.concat([raggedLines(bags(['pre', 'foreign', 'bare'])), Buffer.from('\r\n\n')]);
  const world = await World.with({ 's3://docs/a.ndjson': lines, 's3://docs/b.JSONL': lines });
  const { totals, outcomes } = await run(world);
  expect(totals).toMatchObject({ documents: 6, migrated: 4 });
  expect(outcomes.map(({ id }) => id)).toContain('s3://docs/a.ndjson#L2');
  await runRollback(world);
  expect(digests(await world.documents())).toEqual(
    digests({ 's3://docs/a.ndjson': lines, 's3://docs/b.JSONL': lines }),
  );
});

describe('when somebody else is at the object too', () => {
  it.each([
    ['get', 2],
    ['put', 1],
  ] as const)('keeps what was written there meanwhile: before %s %i', async (operation, count) => {
    const world = await worldWithOne();
    const theirs = bag(99);
    const objects = meanwhile(world.objects, operation, count, () =>
      world.objects.put(ONE, theirs, { attributes: { contentType: 'theirs' } }),
    );
    const { outcomes } = await run(world, { objects });
    expect(outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([['failed', 'DOCUMENT_MOVED']]);
    const found = await world.objects.get(ONE);
    expect(Buffer.from(found.bytes).equals(theirs)).toBe(true);
    expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  });

  it.each([
    ['get', 2],
    ['put', 1],
  ] as const)('does not bring back what was deleted meanwhile: before %s %i', async (operation, count) => {
    const world = await worldWithOne();
    const objects = meanwhile(world.objects, operation, count, () => world.objects.delete(ONE));
    const { outcomes } = await run(world, { objects });
    expect(outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([['failed', 'DOCUMENT_MOVED']]);
    expect(await world.documents()).toEqual({});
  });

  it('reports an object that is gone before it is read', async () => {
    const world = await worldWithOne();
    const { outcomes } = await run(world, {
      objects: meanwhile(world.objects, 'get', 1, () => world.objects.delete(ONE)),
    });
    expect(outcomes.map(({ id, outcome, code }) => [id, outcome, code])).toEqual([
      ['s3://docs/in/one.json', 'failed', 'OBJECT_NOT_FOUND'],
    ]);
  });

  it('does not mix two versions of an object of lines', async () => {
    const [theirs, ours] = [
      raggedLines(bags(['foreign', 'foreign', 'foreign'])),
      raggedLines(bags(['foreign', 'foreign', 'pre'])),
    ];
    const world = await World.with({ 's3://docs/a.ndjson': ours });
    const address = { bucket: DOCS, key: 'a.ndjson' };
    // The second read is the one that copies the lines in front of the first changed one.
    const objects = meanwhile(world.objects, 'get', 2, () => world.objects.put(address, theirs));
    const { outcomes } = await run(world, { objects });
    expect(outcomes.at(-1)).toMatchObject({ outcome: 'failed', code: 'DOCUMENT_MOVED' });
    expect(Buffer.from((await world.objects.get(address)).bytes).equals(theirs)).toBe(true);
  });
});

describe('when the reply to a write is lost', () => {
  it.each<FaultName>(['lost-reply', 'lost-reply-retried'])('finds that the write has landed: %s', async (name) => {
    const world = await worldWithOne();
    const objects = faultyStore(world.objects, ({ operation, address }) =>
      operation === 'put' && address.bucket === DOCS ? FAULTS[name] : undefined,
    );
    const { outcomes } = await run(world, { objects });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['migrated']);
    expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(['verified']);
  });

  it('cannot know when nothing can be read either, and the next run finds out', async () => {
    const world = await worldWithOne();
    let isDown = false;
    const objects = faultyStore(world.objects, ({ operation, address }) => {
      if (isDown) return FAULTS.unavailable;
      isDown = operation === 'put' && address.bucket === DOCS;
      return isDown ? FAULTS['lost-reply'] : undefined;
    });
    expect((await run(world, { objects })).outcomes[0]).toMatchObject({ outcome: 'failed', code: 'STORE_UNAVAILABLE' });
    const { outcomes, totals } = await run(world);
    expect(outcomes[0]).toMatchObject({ outcome: 'migrated', code: 'RECOVERED' });
    expect(totals).toMatchObject({ bytesBefore: bag().length });
    await runRollback(world);
    expect(Buffer.from((await world.objects.get(ONE)).bytes).equals(bag())).toBe(true);
  });

  it('rolls back even when no run ever found out', async () => {
    const world = await worldWithOne();
    let isDown = false;
    const objects = faultyStore(world.objects, ({ operation, address }) => {
      if (isDown) return FAULTS.unavailable;
      isDown = operation === 'put' && address.bucket === DOCS;
      return isDown ? FAULTS['lost-reply'] : undefined;
    });
    await run(world, { objects });
    await runRollback(world);
    expect(Buffer.from((await world.objects.get(ONE)).bytes).equals(bag())).toBe(true);
  });
});

it.each<[FaultName, string]>([
  ['denied', 'STORE_DENIED'],
  ['unavailable', 'STORE_UNAVAILABLE'],
  ['timeout', 'STORE_TIMEOUT'],
  ['conflict', 'WRITE_CONFLICT'],
  ['truncated', 'BODY_TRUNCATED'],
  ['full', 'STORE_FULL'],
])('reports a document that cannot be written for %s, unchanged', async (name, code) => {
  const world = await worldWithOne();
  const objects = faultyStore(world.objects, ({ operation, address }) =>
    operation === 'put' && address.bucket === DOCS ? FAULTS[name] : undefined,
  );
  const { outcomes } = await run(world, { objects });
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code, bytesBefore: bag().length, bytesAfter: bag().length });
  expect(Buffer.from((await world.objects.get(ONE)).bytes).equals(bag())).toBe(true);
});

it('reports an object in the archive', async () => {
  const world = await worldWithOne();
  const objects: ObjectStore = {
    ...facade(world.objects),
    get: (address) => Promise.reject(storeErrorOf('OBJECT_ARCHIVED', 'in Glacier', address)),
  };
  expect((await run(world, { objects })).outcomes[0]).toMatchObject({ outcome: 'failed', code: 'OBJECT_ARCHIVED' });
});

it('lists what lies below its prefix, without blobs and without markers of folders', async () => {
  const objects = memoryObjectStore();
  for (const key of ['in/', 'in/a.json', 'in/sub/b', 'in/#x%2F y.json', 'other/c.json', 'in/blobs/d.json'])
    await objects.put({ bucket: 'b', key }, Buffer.from(key.endsWith('/') ? '' : '{}'));
  await objects.put({ bucket: 'b', key: 'in/not-a-marker/' }, Buffer.from('{}'));
  const source = new ObjectPrefixSource(objects, { bucket: 'b', key: 'in/' }, ({ key }) => key.startsWith('in/blobs/'));
  const ids: string[] = [];
  for await (const { id } of source.containers()) ids.push(id);
  expect(ids).toEqual(['s3://b/in/#x%2F y.json', 's3://b/in/a.json', 's3://b/in/not-a-marker/', 's3://b/in/sub/b']);
  expect(source.container(ids[0]!).id).toBe(ids[0]);
});

it('keeps blobs apart from documents in one bucket', async () => {
  const world = await worldWithOne();
  const sources = [new ObjectPrefixSource(world.objects, { bucket: DOCS, key: '' }, () => false)];
  await run(world, {}, { sources });
  expect(Object.keys(await world.documents())).toEqual(['s3://docs/in/one.json']);
  expect(Object.keys(await world.blobs()).every((uri) => uri.startsWith(`s3://${BLOBS}/workflow-`))).toBe(true);
});
