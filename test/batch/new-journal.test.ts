import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { bag } from './bags.js';
import { codeOf, CommandWorld, run, runRollback } from './command-world.js';
import type { RunOptions } from './command-world.js';
import { filesBelow } from './scratch.js';

const rival = (world: CommandWorld, options: RunOptions = {}) =>
  run(world, { sources: ['other'], args: ['--store', 'second-store'], ...options });

async function twoSources(): Promise<CommandWorld> {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  mkdirSync(join(world.directory, 'other'));
  writeFileSync(join(world.directory, 'other', 'b.json'), bag(2));
  return world;
}

it('a run that starts while another run works with the same new journal ends before its first write', async () => {
  const world = await twoSources();
  let refused: unknown;
  faultyDisk(world.source, async ({ kind }) => {
    // The first document is prepared, and no entry is written yet.
    if (kind === 'create') refused ??= await rival(world).catch((error: unknown) => error);
    return undefined;
  });
  expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  expect(refused).toMatchObject({ code: 'JOURNAL_LOCKED', exit: 2 });
  expect(existsSync(join(world.directory, 'second-store'))).toBe(false);
  expect(await codeOf(rival(world))).toBe('JOURNAL_MISMATCH');
  expect(existsSync(join(world.directory, 'second-store'))).toBe(false);
});

it('of two runs that start at the same time with one new journal, exactly one writes', async () => {
  const world = await twoSources();
  const ends = await Promise.all([codeOf(run(world)), codeOf(rival(world))]);
  expect(ends.filter((code) => code === 'done')).toHaveLength(1);
  expect(ends.filter((code) => code === 'JOURNAL_LOCKED' || code === 'JOURNAL_MISMATCH')).toHaveLength(1);
  const stores = ['store', 'second-store'].map((name) => existsSync(join(world.directory, name)));
  expect(stores).toEqual(ends.map((code) => code === 'done'));
});

it.each(['config', 'map', 'manifest'])(
  'a run with another layout of %s keys than the journal fails with JOURNAL_MISMATCH',
  async (kind) => {
    const world = await CommandWorld.with({ 'a.json': bag(1) });
    await run(world);
    await world.write('b.json', bag(2));
    const args = [`--${kind}-key`, `elsewhere/{ownerId}/{workflowId}/{sha256}/${kind}.json`];
    await expect(run(world, { args })).rejects.toMatchObject({
      code: 'JOURNAL_MISMATCH',
      exit: 2,
      message: expect.stringContaining(`another layout of ${kind} keys`) as string,
    });
    expect(world.read('b.json')).toEqual(bag(2));
    expect(existsSync(join(world.directory, 'store', 'blobs', 'elsewhere'))).toBe(false);
    expect((await runRollback(world)).map(({ outcome }) => outcome)).toEqual(['rolled-back']);
  },
);

it('a run that changes nothing removes the directories that it made for its journal, and no others', async () => {
  const world = await CommandWorld.with({ 'a.json': Buffer.from('{}') });
  mkdirSync(join(world.directory, 'logs'));
  await run(world, { journal: 'logs/2026/journal' });
  expect(filesBelow(join(world.directory, 'logs'))).toEqual([]);
  expect(existsSync(join(world.directory, 'logs', '2026'))).toBe(false);
  expect(existsSync(join(world.directory, 'logs'))).toBe(true);
  mkdirSync(join(world.directory, 'logs', 'mine'));
  await run(world, { journal: 'logs/mine' });
  expect(existsSync(join(world.directory, 'logs', 'mine'))).toBe(true);
  expect(filesBelow(join(world.directory, 'logs'))).toEqual([]);
});

/** A file system that cannot be written, as Node shows one: `recursive` hides why. */
function readOnlyBelow(place: string): void {
  const { mkdir } = fs;
  const replace = (call: unknown) => {
    Object.assign(fs, { mkdir: call });
    syncBuiltinESMExports();
  };
  replace((path: string, options?: { readonly recursive?: boolean }) => {
    if (!path.startsWith(place)) return mkdir(path, options);
    return Promise.reject(Object.assign(new Error('no'), { code: options?.recursive === true ? 'ENOENT' : 'EROFS' }));
  });
  onTestFinished(() => {
    replace(mkdir);
  });
}

it('a run whose copies go into a directory on a read-only file system says so', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  readOnlyBelow(join(world.directory, 'copies'));
  const { outcomes } = await run(world, { args: ['--out', 'copies/deep/'] });
  expect(outcomes).toMatchObject([
    {
      outcome: 'failed',
      code: 'FILE_DENIED',
      reason: expect.stringContaining('the file system is read-only') as string,
    },
  ]);
});

it('a run whose journal is on a read-only file system says so and stores no blob', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  readOnlyBelow(join(world.directory, 'logs'));
  mkdirSync(join(world.directory, 'logs'));
  await expect(run(world, { journal: 'logs/journal' })).rejects.toMatchObject({
    code: 'FILE_DENIED',
    exit: 1,
    message: expect.stringContaining('the file system is read-only') as string,
  });
  expect(existsSync(join(world.directory, 'store'))).toBe(false);
  expect(world.read('a.json')).toEqual(bag(1));
});
