import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import type { DiskCall } from '../fakes/faulty-disk.js';
import { deadLock, deadOwner, isTemporaryName, lockPathOf, ownerWith, temporaryNameOf } from '../locks/owners.js';
import { bag } from './bags.js';
import { codeOf, CommandWorld, run } from './command-world.js';
import type { Migrated, RunOptions } from './command-world.js';
import { filesBelow } from './scratch.js';

const ORIGINAL = Buffer.from('{"original":true}');

async function oneBag(name = 'a.json'): Promise<CommandWorld> {
  return CommandWorld.with({ [name]: bag(1) });
}

/** A second run, with a journal and a target of its own: it would write other bytes than the first. */
function runSecond(world: CommandWorld, options: RunOptions = {}): Promise<Migrated> {
  return run(world, { target: 'bridge', journal: 'second', ...options });
}

const codesOf = ({ outcomes }: Migrated) => outcomes.map(({ outcome, code }) => code ?? outcome);
const isLean = (bytes: Uint8Array) => Buffer.from(bytes).includes('"state_bag_version":2');

/** Carries out `work` once, right before the first call that is meant. */
function onceBefore(isMeant: (call: DiskCall) => boolean, work: (call: DiskCall) => Promise<unknown> | undefined) {
  let isDone = false;
  return async (call: DiskCall): Promise<undefined> => {
    if (isDone || !isMeant(call)) return;
    isDone = true;
    await work(call);
  };
}

it('migrate keeps the bytes of the run that commits first, when two runs have read one document', async () => {
  const world = await oneBag();
  let first: Migrated | undefined;
  faultyDisk(
    world.source,
    onceBefore(
      ({ kind }) => kind === 'sync',
      async () => (first = await run(world)),
    ),
  );
  const second = await runSecond(world);
  expect([codesOf(first!), codesOf(second)]).toEqual([['migrated'], ['DOCUMENT_MOVED']]);
  expect(isLean(world.read('a.json'))).toBe(true);
  expect(filesBelow(world.source)).toEqual(['a.json']);
});

it('a run that fails to write leaves the temporary file of another run', async () => {
  const world = await oneBag();
  let own = '';
  let second: Migrated | undefined;
  faultyDisk(world.source, async (call) => {
    if (call.kind === 'create' && own === '') own = call.path;
    else if (call.kind === 'write' && call.path !== own) return 'ENOSPC';
    else if (call.kind === 'sync' && call.path === own) second = await runSecond(world);
    return undefined;
  });
  const first = await run(world);
  expect([codesOf(first), codesOf(second!)]).toEqual([['migrated'], ['DISK_FULL']]);
  expect(isLean(world.read('a.json'))).toBe(true);
  expect(filesBelow(world.source)).toEqual(['a.json']);
});

it('migrate fails with DOCUMENT_LOCKED while another run is between its comparison and its rename', async () => {
  const world = await oneBag();
  let second: Migrated | undefined;
  faultyDisk(
    world.source,
    onceBefore(
      ({ kind }) => kind === 'rename',
      async () => (second = await runSecond(world)),
    ),
  );
  const first = await run(world);
  expect([codesOf(first), codesOf(second!)]).toEqual([['migrated'], ['DOCUMENT_LOCKED']]);
  expect(isLean(world.read('a.json'))).toBe(true);
  expect(filesBelow(world.source)).toEqual(['a.json']);
});

it.each(['removed', 'replaced'])('migrate leaves a document whose temporary file was %s', async (how) => {
  const world = await oneBag();
  let temporary = '';
  faultyDisk(world.source, ({ kind, path }) => {
    if (kind !== 'sync') return undefined;
    temporary = path;
    rmSync(path);
    if (how === 'replaced') writeFileSync(path, '');
    return undefined;
  });
  expect(codesOf(await run(world))).toEqual(['TEMPORARY_FILE_REPLACED']);
  expect(isTemporaryName(basename(temporary))).toBe(true);
  expect(world.read('a.json')).toEqual(bag(1));
  expect(existsSync(temporary)).toBe(how === 'replaced');
});

const OUT = { args: ['--out', 'out/'] };
const copyOf = (world: CommandWorld) => readFileSync(join(world.directory, 'out', 'a.json'));

it('a copy that two runs write at once is that of the first run, and the second run fails', async () => {
  const world = await oneBag();
  let first: Migrated | undefined;
  faultyDisk(
    join(world.directory, 'out'),
    onceBefore(
      ({ kind }) => kind === 'sync',
      async () => (first = await run(world, OUT)),
    ),
  );
  const second = await runSecond(world, OUT);
  expect([codesOf(first!), codesOf(second)]).toEqual([['migrated'], ['OUT_EXISTS']]);
  expect(isLean(copyOf(world))).toBe(true);
  expect(filesBelow(join(world.directory, 'out'))).toEqual(['a.json']);
});

it('a copy never replaces one that another run makes between the look and the rename', async () => {
  const world = await oneBag();
  let second: Migrated | undefined;
  faultyDisk(
    join(world.directory, 'out'),
    onceBefore(
      ({ kind }) => kind === 'rename',
      async () => (second = await runSecond(world, OUT)),
    ),
  );
  const first = await run(world, OUT);
  expect([codesOf(first), codesOf(second!)]).toEqual([['migrated'], ['DOCUMENT_LOCKED']]);
  expect(isLean(copyOf(world))).toBe(true);
  expect(filesBelow(join(world.directory, 'out'))).toEqual(['a.json']);
});

it('two plans that are written to one path at once are each whole, and the last one stays', async () => {
  const world = await oneBag();
  const target = () =>
    (JSON.parse(readFileSync(join(world.directory, 'plan.ndjson'), 'utf8').split('\n')[0]!) as { target: string })
      .target;
  const follow = (to: 'lean' | 'bridge') =>
    codeOf(run(world, { target: to, apply: false, args: ['--plan', 'plan.ndjson'] }));
  const make = { apply: false, args: ['--plan-out', 'plan.ndjson'] };
  const seen: string[] = [];
  faultyDisk(
    world.directory,
    onceBefore(
      ({ kind }) => kind === 'rename',
      async () => {
        await run(world, { ...make, target: 'lean' });
        seen.push(target(), await follow('lean'));
      },
    ),
  );
  await run(world, { ...make, target: 'bridge' });
  expect([...seen, target(), await follow('bridge')]).toEqual(['lean', 'done', 'bridge', 'done']);
  expect(filesBelow(world.directory)).toEqual(['plan.ndjson', 'source/a.json']);
});

it.each([242, 255])('migrate rewrites a document with a name of %i bytes in place', async (length) => {
  const name = `${'n'.repeat(length - 5)}.json`;
  const world = await oneBag(name);
  expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  expect(filesBelow(world.source)).toEqual([name]);
});

it('migrate --out copies a document with a name of 255 bytes that are not ASCII to a file of that name', async () => {
  const name = `${'ü'.repeat(125)}.json`;
  const world = await oneBag(name);
  expect(codesOf(await run(world, OUT))).toEqual(['migrated']);
  expect(filesBelow(join(world.directory, 'out'))).toEqual([name]);
});

it('migrate removes what dead processes left next to a document, and leaves what others left', async () => {
  const world = await oneBag();
  const kept = [ownerWith(), `1-1-1-1-${'0'.repeat(36)}`, 'unknown'].map(temporaryNameOf);
  for (const name of [temporaryNameOf(deadOwner()), ...kept]) await world.write(name, ORIGINAL);
  await world.write(basename(lockPathOf('gone.json')), Buffer.from(deadLock()));
  const lock = basename(lockPathOf('other.json'));
  await world.write(lock, Buffer.from('1 another-host\n'));
  await run(world);
  expect(filesBelow(world.source)).toEqual([...kept, lock, 'a.json'].sort());
});

it('migrate takes over every lock of a killed run in a directory full of them', async () => {
  const names = Array.from({ length: 40 }, (_, at) => `${at}.json`);
  const world = await CommandWorld.with(Object.fromEntries(names.map((name, at) => [name, bag(at + 1)])));
  for (const name of names) await world.write(basename(lockPathOf(name)), Buffer.from(deadLock()));
  expect((await run(world, { concurrency: 16 })).totals).toMatchObject({ migrated: 40, failed: 0 });
  expect(filesBelow(world.source)).toEqual(names.sort());
});
