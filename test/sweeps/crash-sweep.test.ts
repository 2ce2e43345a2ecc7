import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { seededRandom } from '../../examples/fleet/random.js';
import { journalStatus } from '../../src/journal/report.js';
import { isTemporaryName } from '../../src/sources/replace-file.js';
import { handful, HANDFUL_MIGRATED } from '../batch/bags.js';
import { CRASH_MODES, CrashError, EffectLog, loggedDisk, loggedStore } from '../batch/effects.js';
import type { Crash } from '../batch/effects.js';
import { run, runRollback, runVerify } from '../batch/workbench.js';
import type { Ports } from '../batch/workbench.js';
import { danglingPointers, dieIn, digests, SOAK, World } from '../batch/world.js';

const originals = digests(handful());

/** A process with effects that are counted and may end it. What it leaves is a lock of a dead process. */
async function inProcess(
  world: World,
  crash: Crash | undefined,
  work: (ports: Ports) => Promise<unknown>,
): Promise<EffectLog> {
  const log = new EffectLog(crash);
  try {
    await work({ disk: loggedDisk(log), objects: loggedStore(log, world.objects) });
  } catch (error) {
    if (!(error instanceof CrashError) && !(error instanceof Error && error.cause instanceof CrashError)) throw error;
  }
  if (log.isDead) dieIn(world);
  return log;
}

const migrating = (world: World, crash?: Crash, concurrency = 1) =>
  inProcess(world, crash, (ports) => run(world, ports, { concurrency }));
const rollingBack = (world: World, crash?: Crash) => inProcess(world, crash, (ports) => runRollback(world, ports));

/** A world before and after a clean run, and how many effects the run has. */
async function cleanRun() {
  const world = await World.with(handful());
  const fresh = await world.snapshot();
  const { effects } = await migrating(world);
  const migrated = digests(await world.documents());
  const { bytesBefore, bytesAfter } = journalStatus(await world.summary()).totals;
  return { world, fresh, done: await world.snapshot(), migrated, effects: effects.length, bytesBefore, bytesAfter };
}

type Clean = Awaited<ReturnType<typeof cleanRun>>;

/**
 * Nothing is in between, nothing is missing, no pointer leads to nothing, and no more files are in the making than
 * there are hands.
 */
async function expectOldOrNew({ world, migrated }: Clean, concurrency = 1): Promise<void> {
  const files = digests(await world.documents());
  const temporary = Object.keys(files).filter((name) => isTemporaryName(basename(name)));
  expect(temporary.length).toBeLessThanOrEqual(concurrency);
  expect(Object.keys(files).filter((name) => !temporary.includes(name))).toEqual(Object.keys(originals));
  const between = Object.keys(originals).filter(
    (name) => files[name] !== originals[name] && files[name] !== migrated[name],
  );
  expect(between).toEqual([]);
  expect(await danglingPointers(world)).toEqual([]);
}

/** After a restart that was let be: all is migrated, the journal adds up, all verifies, and all can be put back. */
async function expectDone({ world, migrated, bytesBefore, bytesAfter }: Clean): Promise<void> {
  expect(digests(await world.documents())).toEqual(migrated);
  const { totals, isClosed, findings } = journalStatus(await world.summary());
  const counts = {
    migrated: HANDFUL_MIGRATED,
    failed: 0,
    quarantined: 0,
    rolledBack: 0,
    unsettled: 0,
    bytesBefore,
    bytesAfter,
  };
  expect({ isClosed, findings, ...totals }).toMatchObject({ isClosed: true, findings: [], ...counts });
  const verified = await runVerify(world);
  expect(verified.map(({ outcome, reason }) => reason ?? outcome)).toEqual(Array(HANDFUL_MIGRATED).fill('verified'));
  await rollingBack(world);
  await expectRolledBack(world);
}

async function expectRolledBack(world: World): Promise<void> {
  expect(digests(await world.documents())).toEqual(originals);
  const { totals, findings } = journalStatus(await world.summary());
  expect({ findings, ...totals }).toMatchObject({
    findings: [],
    rolledBack: HANDFUL_MIGRATED,
    unsettled: 0,
    failed: 0,
  });
}

/** Most of the time goes into waiting for the disk, so several worlds are worked on at once. */
const LANES = 4;

async function inLanes<T>(points: readonly T[], check: (clean: Clean, point: T) => Promise<void>): Promise<void> {
  const queue = [...points];
  const lane = async () => {
    const clean = await cleanRun();
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) await check(clean, point);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

it.each(CRASH_MODES)(
  'survives a crash at every effect of a migration: %s',
  { timeout: 120_000 * SOAK },
  async (mode) => {
    const { effects } = await cleanRun();
    expect(effects).toBeGreaterThan(60);
    await inLanes(upTo(effects), async (clean, at) => {
      await clean.world.restore(clean.fresh);
      const log = await migrating(clean.world, { at, mode });
      expect(log.isDead).toBe(true);
      await expectOldOrNew(clean);
      await migrating(clean.world);
      await expectDone(clean);
    });
  },
);

it.each(CRASH_MODES)(
  'survives a crash at every effect of a rollback: %s',
  { timeout: 120_000 * SOAK },
  async (mode) => {
    const { effects } = await rollingBack((await cleanRun()).world);
    expect(effects.length).toBeGreaterThan(25);
    await inLanes(upTo(effects.length), async (clean, at) => {
      await clean.world.restore(clean.done);
      const log = await rollingBack(clean.world, { at, mode });
      expect(log.isDead).toBe(true);
      await expectOldOrNew(clean);
      await rollingBack(clean.world);
      await expectRolledBack(clean.world);
    });
  },
);

it('survives being killed again and again', { timeout: 120_000 * SOAK }, async () => {
  await inLanes(upTo(40 * SOAK), async (clean, seed) => {
    const random = seededRandom(seed);
    await clean.world.restore(clean.fresh);
    for (let kills = 2 + random.below(3); kills > 0; kills--) {
      const crash = { at: 1 + random.below(clean.effects), mode: random.pick(CRASH_MODES) };
      await migrating(clean.world, crash, random.pick([1, 4]));
      await expectOldOrNew(clean, 8);
    }
    await migrating(clean.world);
    await expectDone(clean);
  });
});
