import { describe, expect, it } from 'vitest';
import type { ObjectAddress, ObjectAttributes } from '../../../src/store/object-store.js';
import type { S3Operation } from '../../fakes/s3-server.js';
import { bag, bags, raggedLines } from '../bags.js';
import { CommandWorld, run, runRollback, runVerify } from '../command-world.js';
import { digests, DOCS } from '../scratch.js';

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

async function worldWithOne(): Promise<CommandWorld> {
  const world = await CommandWorld.with({}, { s3: true });
  await world.objects.put(ONE, bag(), { attributes: ATTRIBUTES });
  return world;
}

const contentOf = async (world: CommandWorld, address = ONE) => Buffer.from((await world.objects.get(address)).bytes);
const codesOf = ({ outcomes }: Awaited<ReturnType<typeof run>>) => outcomes.map(({ outcome, code }) => [outcome, code]);

/** Something happens just before the n-th request of a kind on a document. */
function meanwhile(world: CommandWorld, operation: S3Operation, count: number, work: () => Promise<unknown>): void {
  let requests = 0;
  world.server.before(async (request) => {
    if (
      request.bucket === DOCS &&
      !request.key.includes('.statebag-probe-') &&
      request.operation === operation &&
      ++requests === count
    )
      await work();
  });
}

it('migrate and rollback keep type, metadata, tags, encryption and storage class of an object', async () => {
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

it('migrate reads lines when the name of an object says so, and rollback restores every byte', async () => {
  const lines = Buffer.concat([raggedLines(bags(['pre', 'foreign', 'bare'])), Buffer.from('\r\n\n')]);
  const world = await CommandWorld.with({ 's3://docs/a.ndjson': lines, 's3://docs/b.JSONL': lines });
  const { totals, outcomes } = await run(world);
  expect(totals).toMatchObject({ documents: 6, migrated: 4 });
  expect(outcomes.map(({ id }) => id)).toContain('s3://docs/a.ndjson#L2');
  await runRollback(world);
  expect(digests(await world.documents())).toEqual(
    digests({ 's3://docs/a.ndjson': lines, 's3://docs/b.JSONL': lines }),
  );
});

describe('when another program works on the object too', () => {
  it.each([
    ['GetObject', 2],
    ['PutObject', 1],
  ] as const)('migrate keeps what was written in between: before %s %i', async (operation, count) => {
    const world = await worldWithOne();
    const theirs = bag(99);
    meanwhile(world, operation, count, () => world.objects.put(ONE, theirs, { attributes: { contentType: 'theirs' } }));
    expect(codesOf(await run(world))).toEqual([['failed', 'DOCUMENT_MOVED']]);
    expect((await contentOf(world)).equals(theirs)).toBe(true);
    expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  });

  it.each([
    ['GetObject', 2],
    ['PutObject', 1],
  ] as const)('migrate makes no object of one that was deleted in between: before %s %i', async (operation, count) => {
    const world = await worldWithOne();
    meanwhile(world, operation, count, () => world.objects.delete(ONE));
    expect(codesOf(await run(world))).toEqual([['failed', 'DOCUMENT_MOVED']]);
    expect(await world.documents()).toEqual({});
  });

  it('migrate reports an object that is deleted before it is read', async () => {
    const world = await worldWithOne();
    meanwhile(world, 'GetObject', 1, () => world.objects.delete(ONE));
    const { outcomes } = await run(world);
    expect(outcomes.map(({ id, outcome, code }) => [id, outcome, code])).toEqual([
      ['s3://docs/in/one.json', 'failed', 'OBJECT_NOT_FOUND'],
    ]);
  });

  it('migrate never mixes two versions of an object of lines', async () => {
    const [theirs, ours] = [
      raggedLines(bags(['foreign', 'foreign', 'foreign'])),
      raggedLines(bags(['foreign', 'foreign', 'pre'])),
    ];
    const world = await CommandWorld.with({ 's3://docs/a.ndjson': ours });
    const address = { bucket: DOCS, key: 'a.ndjson' };
    // The second read is the one that copies the lines in front of the first changed one.
    meanwhile(world, 'GetObject', 2, () => world.objects.put(address, theirs));
    expect((await run(world)).outcomes.at(-1)).toMatchObject({ outcome: 'failed', code: 'DOCUMENT_MOVED' });
    expect((await contentOf(world, address)).equals(theirs)).toBe(true);
  });
});

describe('when the reply to a write is lost', () => {
  /** The write happens, its reply is lost, and the SDK's further attempts fail. */
  const loseReply = ({ server }: CommandWorld): void => {
    server.inject({ operation: 'PutObject', kind: 'lost-reply', ...ONE });
    server.inject({ operation: 'PutObject', kind: 'internal-error', ...ONE, times: 2 });
  };

  /** From the write on the store answers nothing more. */
  const goDown = (world: CommandWorld): (() => void) => {
    loseReply(world);
    const mends: (() => void)[] = [];
    meanwhile(world, 'PutObject', 1, () => {
      mends.push(world.server.inject({ operation: 'GetObject', kind: 'internal-error', times: Infinity }));
      return Promise.resolve();
    });
    return () => {
      mends.forEach((mend) => {
        mend();
      });
    };
  };

  it('migrate finds that the write was carried out: the SDK tried again and met the condition', async () => {
    const world = await worldWithOne();
    world.server.inject({ operation: 'PutObject', kind: 'lost-reply', bucket: DOCS });
    expect(codesOf(await run(world))).toEqual([['migrated', undefined]]);
    expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(['verified']);
  });

  it('migrate finds that the write was carried out: the SDK gave up', async () => {
    const world = await worldWithOne();
    loseReply(world);
    expect(codesOf(await run(world))).toEqual([['migrated', undefined]]);
    expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(['verified']);
  });

  it('migrate fails when nothing can be read either, and the next run finds the write', async () => {
    const world = await worldWithOne();
    const mend = goDown(world);
    expect((await run(world)).outcomes[0]).toMatchObject({ outcome: 'failed', code: 'STORE_UNAVAILABLE' });
    mend();
    const { outcomes, totals } = await run(world);
    expect(outcomes[0]).toMatchObject({ outcome: 'migrated', code: 'RECOVERED' });
    expect(totals).toMatchObject({ bytesBefore: bag().length });
    await runRollback(world);
    expect((await contentOf(world)).equals(bag())).toBe(true);
  });

  it('rollback restores the object even when no run has found the write', async () => {
    const world = await worldWithOne();
    const mend = goDown(world);
    await run(world);
    mend();
    expect((await contentOf(world)).equals(bag())).toBe(false);
    await runRollback(world);
    expect((await contentOf(world)).equals(bag())).toBe(true);
  });
});

it.each([
  ['PutObject', 'denied', 'STORE_DENIED'],
  ['PutObject', 'internal-error', 'STORE_UNAVAILABLE'],
  ['PutObject', 'conflict', 'WRITE_CONFLICT'],
  ['GetObject', 'truncated-body', 'BODY_TRUNCATED'],
  ['PutObject', 'full', 'STORE_FULL'],
] as const)('migrate reports a document whose %s ends with %s, and leaves it', async (operation, kind, code) => {
  const world = await worldWithOne();
  const mend = world.server.inject({ operation, kind, bucket: DOCS, times: Infinity });
  const { outcomes } = await run(world);
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', code });
  expect(outcomes[0]!.bytesAfter).toBe(outcomes[0]!.bytesBefore);
  mend();
  expect((await contentOf(world)).equals(bag())).toBe(true);
});

it('migrate reports an object in the archive', async () => {
  const world = await CommandWorld.with({}, { s3: true });
  await world.objects.put(ONE, bag(), { attributes: { storageClass: 'DEEP_ARCHIVE' } });
  expect((await run(world)).outcomes[0]).toMatchObject({ outcome: 'failed', code: 'OBJECT_ARCHIVED' });
});

it('migrate lists what is below its prefix, without blobs and without markers of folders', async () => {
  const world = await CommandWorld.with({}, { s3: true });
  const keys = ['in/', 'in/a.json', 'in/sub/b', 'in/#x%2F y.json', 'other/c.json', 'in/workflow-configs/d.json'];
  for (const key of keys) await world.objects.put({ bucket: DOCS, key }, Buffer.from(key.endsWith('/') ? '' : '{}'));
  await world.objects.put({ bucket: DOCS, key: 'in/not-a-marker/' }, Buffer.from('{}'));
  const { outcomes } = await run(world, { sources: ['s3://docs/in/'], args: ['--store', 's3://docs/in'] });
  expect(outcomes.map(({ id }) => id)).toEqual([
    's3://docs/in/#x%2F y.json',
    's3://docs/in/a.json',
    's3://docs/in/not-a-marker/',
    's3://docs/in/sub/b',
  ]);
});

it('migrate keeps blobs and documents apart in one bucket', async () => {
  const world = await worldWithOne();
  const shared = { sources: ['s3://docs'], args: ['--store', 's3://docs'] };
  expect((await run(world, shared)).totals).toMatchObject({ documents: 1, migrated: 1, blobsWritten: 3 });
  const again = await run(world, shared);
  expect(again.outcomes.map(({ id, outcome }) => [id, outcome])).toEqual([['s3://docs/in/one.json', 'unchanged']]);
  const blobs = Object.keys(await world.documents()).filter((uri) => uri !== 's3://docs/in/one.json');
  expect(blobs.map((uri) => uri.split('/')[3]).sort()).toEqual([
    'workflow-configs',
    'workflow-manifests',
    'workflow-partitions',
  ]);
  expect(await world.blobs()).toEqual({});
});
