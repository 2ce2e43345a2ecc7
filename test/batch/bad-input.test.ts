import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/batch/disk.js';
import type { DocumentOutcome } from '../../src/batch/outcome.js';
import { encodeId } from '../../src/bag/layout.js';
import { FAULTS, faultyStore } from '../fakes/faulty-store.js';
import { bag } from './bags.js';
import { EffectLog, loggedDisk } from './effects.js';
import { run, runRollback, runVerify } from './workbench.js';
import { BLOBS, danglingPointers, digests, filesBelow, World } from './world.js';

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
  prepare: (world: World) => Promise<unknown> = () => Promise.resolve(),
): Promise<{ outcome: DocumentOutcome; world: World }> {
  const world = await World.with({ 'a.json': bytes });
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
    ['into a bucket that is not allowed', pointerTo('x.json', 'elsewhere'), 'BUCKET_NOT_ALLOWED'],
    ['to what belongs to another owner', pointerTo('workflow-states/other/w/x.json'), 'POINTER_FOREIGN_OWNER'],
    ['without a key', { __s3_pointer__: true, bucket: BLOBS }, 'POINTER_INVALID'],
    ['whose checksum is another', pointerTo('there.json'), 'CHECKSUM_MISMATCH'],
  ])('%s quarantine their bag with a code and a reason', async (_, pointer, code) => {
    const { outcome } = await outcomeOf(bagWith({ workflow_config: pointer, partition_map: MAP }), (world) =>
      world.objects.put({ bucket: BLOBS, key: 'there.json' }, Buffer.from('{}')),
    );
    expect(outcome).toMatchObject({ outcome: 'quarantined', code });
    expect(outcome.reason!.length).toBeGreaterThan(20);
  });

  it('are not blamed on the bag when the store is down', async () => {
    const world = await World.with({
      'a.json': bagWith({ workflow_config: pointerTo('there.json'), partition_map: MAP }),
    });
    const objects = faultyStore(world.objects, ({ operation }) =>
      operation === 'get' ? FAULTS.unavailable : undefined,
    );
    expect((await run(world, { objects })).outcomes[0]).toMatchObject({ outcome: 'failed', code: 'STORE_UNAVAILABLE' });
  });
});

it('stops at a blob that is not what its name says, and leaves it as evidence', async () => {
  const world = await World.with({ 'a.json': bag() });
  await run(world);
  await runRollback(world);
  const [uri] = Object.keys(await world.blobs());
  const key = uri!.slice(`s3://${BLOBS}/`.length);
  await world.objects.put({ bucket: BLOBS, key }, Buffer.from('tampered'));
  const { outcomes } = await run(world);
  expect(outcomes[0]).toMatchObject({ outcome: 'quarantined', code: 'BLOB_MISMATCH' });
  expect(Buffer.from((await world.objects.get({ bucket: BLOBS, key })).bytes).toString()).toBe('tampered');
});

it('tells in a verification that a blob is damaged or gone, and does not roll back with it', async () => {
  const world = await World.with({ 'a.json': bag(1), 'b.json': bag(2) });
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
  it('tells what moved on, what is gone, and what was put back by hand', async () => {
    const world = await World.with({ 'a.json': bag(1), 'b.json': bag(2), 'c.json': bag(3), 'd.json': bag(4) });
    await run(world);
    await world.write('b.json', bag(9));
    await world.write('c.json', bag(3));
    await nodeDisk.remove(join(world.source, 'd.json'));
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

  it('compares every segment', async () => {
    const world = await World.with({ 'a.json': bag(1) });
    await run(world);
    const total = (JSON.parse(bag(1).toString()) as { state_data: { total_segments: number } }).state_data
      .total_segments;
    expect((await runVerify(world))[0]).toMatchObject({ outcome: 'verified', segments: total });
  });

  it('says nothing of documents that the run itself has reported as failed', async () => {
    const world = await World.with({ 'a.json': bag(1), 'b.json': bag(2) });
    const log = new EffectLog(undefined, ({ kind, path }) =>
      kind === 'rename' && path.endsWith('a.json') ? 'EACCES' : undefined,
    );
    expect((await run(world, { disk: loggedDisk(log) })).totals).toMatchObject({ migrated: 1, failed: 1 });
    expect((await runVerify(world)).map(({ id, outcome }) => [id.slice(-6), outcome])).toEqual([
      ['b.json', 'verified'],
    ]);
  });
});

describe('ids', () => {
  const ids = [
    '../../x',
    'a/b',
    'x'.repeat(500),
    '한국어/ü',
    '..',
    '.',
    '%2e%2e',
    'a\u0000b',
    's3://b/k',
    ' ',
    '\ud800',
    'con',
    '#',
  ];

  it.each(ids)('never lead out of their folder: %j', async (id) => {
    const { outcome, world } = await outcomeOf(
      bagWith({ ownerId: id, workflowId: id, workflow_config: { nodes: [] }, partition_map: MAP }),
    );
    expect(outcome.outcome).toBe('migrated');
    const keys = Object.keys(await world.blobs()).map((uri) => uri.slice(`s3://${BLOBS}/`.length));
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      const parts = key.split('/');
      expect(parts).toHaveLength(5);
      expect(parts[1]).toBe(encodeId(id));
      expect(parts.every((part) => /^[A-Za-z0-9._~%-]{1,255}$/.test(part) && part !== '.' && part !== '..')).toBe(true);
    }
    expect((await runVerify(world)).map(({ outcome: what, reason }) => reason ?? what)).toEqual(['verified']);
    expect(await danglingPointers(world)).toEqual([]);
  });

  it('stay apart', () => {
    expect(new Set(ids.map(encodeId)).size).toBe(ids.length);
  });

  it('must not be empty: no state machine can go on with that', async () => {
    const { outcome } = await outcomeOf(bagWith({ ownerId: '', workflow_config: { nodes: [] }, partition_map: MAP }));
    expect(outcome).toMatchObject({
      outcome: 'quarantined',
      code: 'BAG_INVALID',
      reason: expect.stringContaining('ownerId') as string,
    });
  });
});

it('takes __proto__ and constructor for data', async () => {
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
  it('fail every document, change none, and say what to do', async () => {
    const world = await World.with({ 'a.json': bag(1), 'b.json': bag(2) });
    const before = digests(await world.documents());
    const denied = await run(world, {
      objects: faultyStore(world.objects, ({ operation }) => (operation === 'put' ? FAULTS.denied : undefined)),
    });
    expect(denied.outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'STORE_DENIED'],
      ['failed', 'STORE_DENIED'],
    ]);
    const log = new EffectLog(undefined, ({ kind, path }) =>
      kind === 'write' && path.endsWith('.tmp') ? 'ENOSPC' : undefined,
    );
    const full = await run(world, { disk: loggedDisk(log) });
    expect(full.outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'DISK_FULL'],
      ['failed', 'DISK_FULL'],
    ]);
    expect(full.outcomes[0]!.reason).toContain('nothing was changed');
    expect(digests(await world.documents())).toEqual(before);
    expect(filesBelow(world.source)).toEqual(['a.json', 'b.json']);
  });

  it('do not have the rest of a file offloaded in vain, and account for every line of it', async () => {
    const lines = Array.from({ length: 30 }, (_, seed) => bag(seed + 1));
    const world = await World.with({ 'a.ndjson': Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])) });
    const log = new EffectLog(undefined, ({ kind, path }) =>
      kind === 'write' && path.endsWith('.tmp') ? 'ENOSPC' : undefined,
    );
    const { totals, outcomes } = await run(world, { disk: loggedDisk(log) });
    expect(totals).toMatchObject({ documents: 30, migrated: 0 });
    expect(totals.failed).toBeGreaterThan(0);
    expect(totals.failed).toBeLessThan(5);
    expect(new Set(outcomes.map(({ outcome, code }) => `${outcome} ${code}`))).toEqual(
      new Set(['failed DISK_FULL', 'not-started CONTAINER_FAILED']),
    );
    expect(Object.keys(await world.blobs()).length).toBeLessThan(15);
    expect((await run(world)).totals).toMatchObject({ migrated: 30 });
  });

  it('touch nothing when it is the journal that has no room', async () => {
    const world = await World.with({ 'a.json': bag(1) });
    const before = digests(await world.documents());
    const log = new EffectLog(undefined, ({ path }) => (path.endsWith('journal.ndjson') ? 'ENOSPC' : undefined));
    await expect(run(world, { disk: loggedDisk(log) })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(digests(await world.documents())).toEqual(before);
    expect((await run(world)).totals).toMatchObject({ migrated: 1 });
  });
});

it('rolls back nothing that somebody has worked on since', async () => {
  const world = await World.with({ 'a.json': bag(1), 'b.json': bag(2) });
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

it('restores nothing from a journal that was tampered with', async () => {
  const world = await World.with({ 'a.json': bag(1) });
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

it('computes a rollback without writing it', async () => {
  const world = await World.with({ 'a.json': bag(1) });
  await run(world);
  const before = digests(await world.documents());
  const journal = readFileSync(join(world.journal, 'journal.ndjson'));
  expect((await runRollback(world, {}, false)).map(({ outcome }) => outcome)).toEqual(['rolled-back']);
  expect(digests(await world.documents())).toEqual(before);
  expect(readFileSync(join(world.journal, 'journal.ndjson')).equals(journal)).toBe(true);
});
