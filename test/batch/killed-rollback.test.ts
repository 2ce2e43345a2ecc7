import { join } from 'node:path';
import { expect, it } from 'vitest';
import { statebag } from '../cli/terminal.js';
import { bags } from './bags.js';
import { CrashError, EffectLog, loggedDisk } from './effects.js';
import type { CrashMode, Effect } from './effects.js';
import { readJournal } from './journal-lines.js';
import { run, runRollback } from './workbench.js';
import type { Ports } from './workbench.js';
import { dieIn, digests, World } from './world.js';

const [one, two, three] = bags(['pre', 'bare', 'pre']);
const BAGS = { 'a.json': one!, 'b.json': two!, 'c.json': three! };

async function migrated(): Promise<World> {
  const world = await World.with(BAGS);
  await run(world);
  return world;
}

/** Positions of the renames over documents, counted from 1. */
async function swapsOfRollback(): Promise<readonly number[]> {
  const log = new EffectLog();
  await runRollback(await migrated(), { disk: loggedDisk(log) });
  return log.effects.flatMap(({ kind }, at) => (kind === 'rename' ? [at + 1] : []));
}

/** A rollback that dies at the second of its three renames. */
async function killed(mode: CrashMode): Promise<World> {
  const [, second] = await swapsOfRollback();
  const world = await migrated();
  const log = new EffectLog({ at: second!, mode });
  await runRollback(world, { disk: loggedDisk(log) }).catch((error: unknown) => {
    const isCrash = error instanceof CrashError || (error as Error).cause instanceof CrashError;
    if (!isCrash) throw error;
  });
  expect(log.isDead).toBe(true);
  dieIn(world);
  return world;
}

/** A disk that knows nothing of the leftovers that were looked for before. */
function anotherProcess(): Ports {
  return { disk: loggedDisk(new EffectLog()) };
}

interface Status {
  readonly isClosed: boolean;
  readonly totals: Readonly<Record<string, number>>;
  readonly unfinished: readonly { readonly kind: string; readonly command: string }[];
}

async function statusOf({ directory, journal }: World): Promise<readonly [number, Status]> {
  const { code, out } = await statebag(directory, ['status', '--journal', journal, '--json']);
  return [code, JSON.parse(out) as Status];
}

function linesBefore(effects: readonly Effect[], path: string, at: number): readonly string[] {
  const before = effects.slice(0, at).filter((effect) => effect.path === path);
  const synced = before.slice(0, before.findLastIndex(({ kind }) => kind === 'sync') + 1);
  return Buffer.concat(synced.flatMap(({ bytes }) => bytes ?? []))
    .toString()
    .split('\n');
}

it('a rollback restores a document only after its intent in the journal is synced', async () => {
  const world = await migrated();
  const log = new EffectLog();
  await runRollback(world, { disk: loggedDisk(log) });
  const swaps = log.effects.flatMap(({ kind }, at) => (kind === 'rename' ? [at] : []));
  const path = join(world.journal, 'journal.ndjson');
  const counts = swaps.map(
    (at) => linesBefore(log.effects, path, at).filter((line) => line.includes('"kind":"intent"')).length,
  );
  expect(counts).toEqual([1, 2, 3]);
});

it('an intent of a rollback swaps the digests of the migration and has no inverse', async () => {
  const world = await migrated();
  await runRollback(world);
  const lines = readJournal(world).filter(({ kind, doc }) => kind === 'intent' && String(doc).endsWith('a.json'));
  expect(lines).toHaveLength(2);
  const [migration, rollback] = lines;
  expect(rollback).toMatchObject({
    doc: migration!.doc,
    container: migration!.container,
    before: migration!.after,
    after: migration!.before,
    bytesBefore: migration!.bytesAfter,
    bytesAfter: migration!.bytesBefore,
    blobs: [],
    inverse: [],
  });
});

it.each(['before', 'after'] as const)(
  'status tells of a rollback that was killed %s it replaced its second document',
  async (mode) => {
    const [code, { isClosed, totals, unfinished }] = await statusOf(await killed(mode));
    expect({ code, isClosed }).toEqual({ code: 1, isClosed: false });
    expect(unfinished).toMatchObject([{ kind: 'killed', command: 'rollback' }]);
    expect(totals).toMatchObject({ documents: 3, rolledBack: 1, unsettled: 1, migrated: 1 });
  },
);

it.each(['before', 'after'] as const)(
  'a rollback settles what one left that was killed %s it replaced its second document',
  async (mode) => {
    const world = await killed(mode);
    const outcomes = await runRollback(world, anotherProcess());
    expect(outcomes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['rolled-back', mode === 'after' ? 'ALREADY_ORIGINAL' : undefined],
      ['rolled-back', undefined],
    ]);
    expect(digests(await world.documents())).toEqual(digests(BAGS));
    const [code, { isClosed, totals }] = await statusOf(world);
    expect({ code, isClosed }).toEqual({ code: 0, isClosed: true });
    expect(totals).toMatchObject({ documents: 3, rolledBack: 3, unsettled: 0, migrated: 0 });
  },
);

it.each(['before', 'after'] as const)(
  'a migration settles what a rollback left that was killed %s it replaced its second document',
  async (mode) => {
    const world = await killed(mode);
    await run(world, anotherProcess());
    const [, { totals }] = await statusOf(world);
    expect(totals).toMatchObject({ documents: 3, rolledBack: 0, unsettled: 0, migrated: 3 });
    await runRollback(world);
    expect(digests(await world.documents())).toEqual(digests(BAGS));
  },
);

it('a document whose restoration failed behind its intent is a failure in the journal and can be restored later', async () => {
  const world = await migrated();
  const log = new EffectLog(undefined, ({ kind, path }) =>
    kind === 'rename' && path.endsWith('b.json') ? 'EACCES' : undefined,
  );
  const outcomes = await runRollback(world, { disk: loggedDisk(log) });
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'failed', 'rolled-back']);
  const [code, { totals }] = await statusOf(world);
  expect(code).toBe(1);
  expect(totals).toMatchObject({ documents: 3, rolledBack: 2, failed: 1, unsettled: 0 });
  await runRollback(world);
  expect((await statusOf(world))[1].totals).toMatchObject({ documents: 3, rolledBack: 3, failed: 0 });
});
