import { expect, it } from 'vitest';
import { statebag } from '../cli/terminal.js';
import { bags } from './bags.js';
import { CrashError, EffectLog, loggedDisk } from './effects.js';
import type { CrashMode } from './effects.js';
import { run, runRollback, runVerify } from './workbench.js';
import type { Ports } from './workbench.js';
import { dieIn, World } from './world.js';

const FAT = bags(['pre', 'bare', 'pre', 'pre']);
const [TOP, ...OLD] = FAT.map((bytes) => Buffer.from(bytes).toString().trim());
const NEW_LINE = '{"new":1}';

const text = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));

async function linesOf(world: World): Promise<readonly string[]> {
  const { 'a.ndjson': bytes } = await world.documents();
  return Buffer.from(bytes!).toString().split('\n').slice(0, -1);
}

/** Three lines that were migrated, and then moved. */
async function moved(change: (lean: readonly string[]) => readonly string[]): Promise<World> {
  const world = await World.with({ 'a.ndjson': text(OLD) });
  await run(world);
  await world.write('a.ndjson', text(change(await linesOf(world))));
  return world;
}

/** A disk that knows nothing of the leftovers that were looked for before. */
function anotherProcess(): Ports {
  return { disk: loggedDisk(new EffectLog()) };
}

type Work = (world: World, ports: Ports) => Promise<unknown>;

async function countEffects(make: () => Promise<World>, work: Work): Promise<number> {
  const log = new EffectLog();
  await work(await make(), { disk: loggedDisk(log) });
  return log.effects.length;
}

async function kill(world: World, work: Work, at: number, mode: CrashMode): Promise<void> {
  const log = new EffectLog({ at, mode });
  await work(world, { disk: loggedDisk(log) }).catch((error: unknown) => {
    if (!(error instanceof CrashError || (error as Error).cause instanceof CrashError)) throw error;
  });
  dieIn(world);
}

/** Every effect of some work, with the process killed before and after it. */
async function eachKill(
  make: () => Promise<World>,
  work: Work,
  check: (world: World) => Promise<void>,
): Promise<number> {
  const effects = await countEffects(make, work);
  for (const mode of ['before', 'after'] as const)
    for (let at = 1; at <= effects; at++) {
      const world = await make();
      await kill(world, work, at, mode);
      await check(world);
    }
  return effects;
}

async function totalsOf({ directory, journal }: World): Promise<Readonly<Record<string, number>>> {
  const { out } = await statebag(directory, ['status', '--journal', journal, '--json']);
  return (JSON.parse(out) as { totals: Record<string, number> }).totals;
}

it('a rollback of moved lines that was killed at any moment is completed by another one', async () => {
  const make = () => moved((lean) => [NEW_LINE, ...lean.toReversed()]);
  const effects = await eachKill(
    make,
    (world, ports) => runRollback(world, ports),
    async (world) => {
      const outcomes = await runRollback(world, anotherProcess());
      expect(outcomes.filter(({ outcome }) => outcome !== 'rolled-back')).toEqual([]);
      expect(await linesOf(world)).toEqual([NEW_LINE, ...OLD.toReversed()]);
      expect(await totalsOf(world)).toMatchObject({ documents: 3, rolledBack: 3, unsettled: 0, failed: 0 });
    },
  );
  expect(effects).toBeGreaterThan(5);
}, 120_000);

it('a migration of a line in front of migrated ones that was killed at any moment loses none of them', async () => {
  const make = () => moved((lean) => [TOP!, ...lean]);
  const effects = await eachKill(
    make,
    (world, ports) => run(world, ports),
    async (world) => {
      await run(world, anotherProcess());
      expect(await totalsOf(world)).toMatchObject({ documents: 4, migrated: 4, unsettled: 0 });
      expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('verified'));
      await runRollback(world, anotherProcess());
      expect(await linesOf(world)).toEqual([TOP, ...OLD]);
      expect(await totalsOf(world)).toMatchObject({ documents: 4, rolledBack: 4, unsettled: 0 });
    },
  );
  expect(effects).toBeGreaterThan(5);
}, 120_000);

it('a killed migration whose lines moved before the next one counts and restores each of them', async () => {
  const make = () => World.with({ 'a.ndjson': text(OLD) });
  await eachKill(
    make,
    (world, ports) => run(world, ports),
    async (world) => {
      await world.write('a.ndjson', text([TOP!, ...(await linesOf(world))]));
      await run(world, anotherProcess());
      expect(await totalsOf(world)).toMatchObject({ documents: 4, migrated: 4, unsettled: 0 });
      await runRollback(world, anotherProcess());
      expect(await linesOf(world)).toEqual([TOP, ...OLD]);
    },
  );
}, 120_000);

it('a rollback right after a killed migration restores or leaves each line that moved', async () => {
  await eachKill(
    () => World.with({ 'a.ndjson': text(OLD) }),
    (world, ports) => run(world, ports),
    async (world) => {
      await world.write('a.ndjson', text([NEW_LINE, ...(await linesOf(world))]));
      const outcomes = await runRollback(world, anotherProcess()).catch(() => []);
      expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      expect(await linesOf(world)).toEqual([NEW_LINE, ...OLD]);
      await run(world, anotherProcess());
      expect(await totalsOf(world)).toMatchObject({ migrated: 3, unsettled: 0, rolledBack: 0, failed: 0 });
    },
  );
}, 120_000);

it('a line that failed and was modified leaves nothing to settle in the books', async () => {
  const world = await World.with({ 'a.ndjson': text(OLD) });
  const full = new EffectLog(undefined, ({ kind, path }) =>
    kind === 'rename' && path.endsWith('a.ndjson') ? 'EACCES' : undefined,
  );
  await run(world, { disk: loggedDisk(full) });
  expect(await totalsOf(world)).toMatchObject({ documents: 3, failed: 3 });
  await world.write('a.ndjson', text([TOP!, ...OLD.slice(1)]));
  await run(world);
  expect(await totalsOf(world)).toMatchObject({ documents: 3, migrated: 3, failed: 0, unsettled: 0 });
  expect((await runVerify(world)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('verified'));
});
