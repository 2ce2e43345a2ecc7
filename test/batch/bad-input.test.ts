import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { bag } from './bags.js';
import { codeOf, CommandWorld, run, runRollback, runVerify } from './command-world.js';
import type { Outcome } from './command-world.js';
import { BLOBS, danglingPointers, digests, filesBelow } from './scratch.js';

/** A bag with nothing special about it but what is given. */
function bagWith(members: object): Buffer {
  return Buffer.from(
    JSON.stringify({
      ...(JSON.parse(bag(7, 'bare').toString()) as object),
      total_segments: 1,
      segment_to_run: 0,
      ...members,
    }),
  );
}

const MAP = [{ id: 0, type: 'normal', nodes: [{ id: 'n' }], edges: [] }];

async function outcomeOf(
  bytes: Uint8Array,
  prepare: (world: CommandWorld) => Promise<unknown> = () => Promise.resolve(),
): Promise<{ outcome: Outcome; world: CommandWorld }> {
  const world = await CommandWorld.with({ 'a.json': bytes });
  await prepare(world);
  const { outcomes } = await run(world);
  expect(outcomes).toHaveLength(1);
  if (outcomes[0]!.outcome !== 'migrated') expect(readFileSync(join(world.source, 'a.json')).equals(bytes)).toBe(true);
  return { outcome: outcomes[0]!, world };
}

function pointerTo(key: string, bucket = BLOBS, checksum = '00000000'): object {
  return { __s3_pointer__: true, bucket, key, size_bytes: 2, checksum, field_name: 'workflow_config', created_at: 1 };
}

describe('pointers', () => {
  it.each([
    ['to nothing', pointerTo('nothing/there.json'), 'POINTER_DANGLING'],
    ['into a bucket that is not allowed', pointerTo('x.json', 'elsewhere'), 'POINTER_NOT_ALLOWED'],
    [
      'to what belongs to another owner',
      pointerTo('workflow-states/other/w/workflow_config_1.json'),
      'POINTER_FOREIGN_OWNER',
    ],
    ['without a key', { __s3_pointer__: true, bucket: BLOBS }, 'POINTER_INVALID'],
    ['whose checksum is another', pointerTo('there.json'), 'CHECKSUM_MISMATCH'],
  ])('migrate quarantines a bag with a pointer %s, with a code and a reason', async (_, pointer, code) => {
    const { outcome } = await outcomeOf(bagWith({ workflow_config: pointer, partition_map: MAP }), (world) =>
      world.objects.put({ bucket: BLOBS, key: 'there.json' }, Buffer.from('{}')),
    );
    expect(outcome).toMatchObject({ outcome: 'quarantined', code });
    expect(outcome.reason!.length).toBeGreaterThan(20);
  });

  it('migrate fails a bag, and does not quarantine it, when the store of its pointer is down', async () => {
    const document = bagWith({ workflow_config: pointerTo('there.json'), partition_map: MAP });
    const world = await CommandWorld.with({ 'a.json': document }, { s3: true });
    world.server.inject({ operation: 'GetObject', kind: 'internal-error', bucket: BLOBS, times: Infinity });
    const { outcomes } = await run(world, { sources: ['source'] });
    expect(outcomes[0]).toMatchObject({ outcome: 'failed', code: 'STORE_UNAVAILABLE' });
  });
});

it('migrate quarantines a bag whose blob is stored with other bytes, and leaves that blob as it is', async () => {
  const world = await CommandWorld.with({ 'a.json': bag() });
  await run(world);
  await runRollback(world);
  const [uri] = Object.keys(await world.blobs());
  const key = uri!.slice(`s3://${BLOBS}/`.length);
  await world.objects.put({ bucket: BLOBS, key }, Buffer.from('tampered'));
  const { outcomes } = await run(world);
  expect(outcomes[0]).toMatchObject({ outcome: 'quarantined', code: 'BLOB_MISMATCH' });
  expect(Buffer.from((await world.objects.get({ bucket: BLOBS, key })).bytes).toString()).toBe('tampered');
});

it('verify and rollback report a blob that is damaged or gone, and rollback leaves its document', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': bag(2) });
  await run(world);
  const migrated = digests(await world.documents());
  const uris = Object.keys(await world.blobs()).filter((uri) => uri.includes('/config.json'));
  const addresses = uris.map((uri) => ({ bucket: BLOBS, key: uri.slice(`s3://${BLOBS}/`.length) }));
  await world.objects.put(addresses[0]!, Buffer.from('{}'));
  await world.objects.delete(addresses[1]!);
  const codes = (await runVerify(world)).map(({ outcome, code }) => `${outcome} ${code}`).sort();
  expect(codes).toEqual(['failed DIGEST_MISMATCH', 'failed POINTER_DANGLING']);
  expect((await runRollback(world)).map(({ outcome, code }) => `${outcome} ${code}`).sort()).toEqual(codes);
  expect(digests(await world.documents())).toEqual(migrated);
});

describe('verification', () => {
  it('verify tells a document that changed, one that is gone and one that was restored by hand', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': bag(2), 'c.json': bag(3), 'd.json': bag(4) });
    await run(world);
    await world.write('b.json', bag(9));
    await world.write('c.json', bag(3));
    rmSync(join(world.source, 'd.json'));
    const outcomes = await runVerify(world);
    expect(
      Object.fromEntries(outcomes.map(({ id, outcome, code }) => [id.slice(-6), `${outcome} ${code ?? ''}`])),
    ).toEqual({
      'a.json': 'verified ',
      'b.json': 'moved DOCUMENT_MOVED',
      'c.json': 'failed NOT_MIGRATED',
      'd.json': 'failed FILE_NOT_FOUND',
    });
  });

  it('verify compares every segment', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1) });
    await run(world);
    const total = (JSON.parse(bag(1).toString()) as { state_data: { total_segments: number } }).state_data
      .total_segments;
    expect((await runVerify(world))[0]).toMatchObject({ outcome: 'verified', segments: total });
  });

  it('verify passes over a document that the run reported as failed', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': bag(2) });
    faultyDisk(world.source, ({ kind, path }) => (kind === 'rename' && path.endsWith('a.json') ? 'EACCES' : undefined));
    expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 1 });
    expect((await runVerify(world)).map(({ id, outcome }) => [id.slice(-6), outcome])).toEqual([
      ['b.json', 'verified'],
    ]);
  });
});

describe('ids', () => {
  const PARTS: readonly (readonly [id: string, part: string])[] = [
    ['../../x', '..%2F..%2Fx'],
    ['a/b', 'a%2Fb'],
    ['x'.repeat(500), `${'x'.repeat(48)}~d1b1923e8ff533e44275600abc8d540df4577e161ea71555439f38fafc88faa1`],
    ['한국어/ü', '%ED%95%9C%EA%B5%AD%EC%96%B4%2F%C3%BC'],
    ['..', '%2E%2E'],
    ['.', '%2E'],
    ['%2e%2e', '%252e%252e'],
    ['a\u0000b', 'a%00b'],
    ['s3://b/k', 's3%3A%2F%2Fb%2Fk'],
    [' ', '%20'],
    ['\ud800', '~ud800'],
    ['con', 'con'],
    ['#', '%23'],
  ];

  it.each(PARTS)('an owner or workflow id is one part of a key, whatever it holds: %j', async (id, part) => {
    const { outcome, world } = await outcomeOf(
      bagWith({ ownerId: id, workflowId: id, workflow_config: { nodes: [] }, partition_map: MAP }),
    );
    expect(outcome.outcome).toBe('migrated');
    const keys = Object.keys(await world.blobs()).map((uri) => uri.slice(`s3://${BLOBS}/`.length));
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      const parts = key.split('/');
      expect(parts).toHaveLength(5);
      expect(parts.slice(1, 3)).toEqual([part, part]);
      expect(parts.every((part) => /^[A-Za-z0-9._~%-]{1,255}$/.test(part) && part !== '.' && part !== '..')).toBe(true);
    }
    expect((await runVerify(world)).map(({ outcome: what, reason }) => reason ?? what)).toEqual(['verified']);
    expect(await danglingPointers(world)).toEqual([]);
  });

  it('migrate quarantines a bag with an empty owner id', async () => {
    const { outcome } = await outcomeOf(bagWith({ ownerId: '', workflow_config: { nodes: [] }, partition_map: MAP }));
    expect(outcome).toMatchObject({
      outcome: 'quarantined',
      code: 'BAG_INVALID',
      reason: expect.stringContaining('ownerId') as string,
    });
  });
});

it('migrate takes __proto__ and constructor for data', async () => {
  const text = `{"__proto__":{"polluted":1},"constructor":{"prototype":2},${bagWith({
    workflow_config: { a: 1 },
    partition_map: MAP,
  })
    .toString()
    .slice(1)}`;
  const { outcome, world } = await outcomeOf(Buffer.from(text));
  expect(outcome.outcome).toBe('migrated');
  const migrated = readFileSync(join(world.source, 'a.json'), 'utf8');
  expect(migrated.startsWith('{"__proto__":{"polluted":1},"constructor":{"prototype":2},')).toBe(true);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  await runRollback(world);
  expect(readFileSync(join(world.source, 'a.json'), 'utf8')).toBe(text);
});

describe('a store that denies and a disk that is full', () => {
  it('migrate fails every document and changes none when the store denies or the disk is full', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': bag(2) }, { s3: true });
    const before = digests(await world.documents());
    const mend = world.server.inject({ operation: 'PutObject', kind: 'denied', times: Infinity });
    const denied = await run(world, { sources: ['source'] });
    mend();
    expect(denied.outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'STORE_DENIED'],
      ['failed', 'STORE_DENIED'],
    ]);
    faultyDisk(world.source, ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined));
    const full = await run(world, { sources: ['source'] });
    expect(full.outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'DISK_FULL'],
      ['failed', 'DISK_FULL'],
    ]);
    expect(full.outcomes[0]!.reason).toContain('this file was not changed');
    expect(digests(await world.documents())).toEqual(before);
    expect(filesBelow(world.source)).toEqual(['a.json', 'b.json']);
  });

  it('migrate offloads no further lines of a file that cannot be written, and reports every line', async () => {
    const lines = Array.from({ length: 30 }, (_, seed) => bag(seed + 1));
    const world = await CommandWorld.with({
      'a.ndjson': Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])),
    });
    const disk = faultyDisk(world.source, ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined));
    const { totals, outcomes } = await run(world);
    disk.mend();
    expect(totals).toMatchObject({ documents: 30, migrated: 0 });
    expect(totals).toMatchObject({ failed: 30, notStarted: 0, containersFailed: 1 });
    const codes = outcomes.filter(({ subject }) => subject === undefined).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['DISK_FULL', 'CONTAINER_FAILED']));
    expect(codes.filter((code) => code === 'DISK_FULL').length).toBeLessThan(5);
    expect(Object.keys(await world.blobs()).length).toBeLessThan(15);
    expect((await run(world)).totals).toMatchObject({ migrated: 30 });
  });

  it('migrate changes nothing when the journal cannot be written', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1) });
    const before = digests(await world.documents());
    const disk = faultyDisk(world.journal, ({ path }) => (path.endsWith('journal.ndjson') ? 'ENOSPC' : undefined));
    expect(await codeOf(run(world))).toBe('DISK_FULL');
    disk.mend();
    expect(digests(await world.documents())).toEqual(before);
    expect((await run(world)).totals).toMatchObject({ migrated: 1 });
  });
});

it('rollback leaves a document that changed after the migration', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': bag(2) });
  await run(world);
  const moved = Buffer.from(
    readFileSync(join(world.source, 'a.json'), 'utf8').replace('"loop_counter":', '"loop_counter": '),
  );
  await world.write('a.json', moved);
  const outcomes = await runRollback(world);
  expect(outcomes.map(({ outcome, code }) => code ?? outcome)).toEqual(['DOCUMENT_MOVED', 'rolled-back']);
  expect(readFileSync(join(world.source, 'a.json')).equals(moved)).toBe(true);
  expect(readFileSync(join(world.source, 'b.json')).equals(bag(2))).toBe(true);
});

it('verify and rollback refuse a document whose entry in the journal was changed', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  await run(world);
  const path = join(world.journal, 'journal.ndjson');
  const before = digests(await world.documents());
  const edited = readFileSync(path, 'utf8').replaceAll(
    /"text":"(.)/g,
    (_, first: string) => `"text":"${first === 'A' ? 'B' : 'A'}`,
  );
  writeFileSync(path, edited);
  expect((await runVerify(world)).map(({ code }) => code)).toEqual(['RESTORE_MISMATCH']);
  expect((await runRollback(world)).map(({ outcome, code }) => [outcome, code])).toEqual([
    ['failed', 'RESTORE_MISMATCH'],
  ]);
  expect(digests(await world.documents())).toEqual(before);
});

it('rollback without --apply writes nothing', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  await run(world);
  const before = digests(await world.documents());
  const journal = readFileSync(join(world.journal, 'journal.ndjson'));
  expect((await runRollback(world, false)).map(({ outcome }) => outcome)).toEqual(['rolled-back']);
  expect(digests(await world.documents())).toEqual(before);
  expect(readFileSync(join(world.journal, 'journal.ndjson')).equals(journal)).toBe(true);
});
