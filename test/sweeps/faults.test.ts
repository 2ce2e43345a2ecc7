import { expect, it } from 'vitest';
import { seededRandom } from '../../examples/fleet/random.js';
import type { Random } from '../../examples/fleet/random.js';
import type { RollbackOutcome } from '../../src/run/restore.js';
import { journalStatus } from '../../src/journal/report.js';
import { StateBagError } from 'statebag-shim';
import { faultyStore, seededFaults } from '../fakes/faulty-store.js';
import type { FaultName, FaultyStore } from '../fakes/faulty-store.js';
import { handful, HANDFUL_MIGRATED } from '../batch/bags.js';
import { EffectLog, loggedDisk } from '../batch/effects.js';
import type { DiskFault } from '../batch/effects.js';
import { run, runRollback, runVerify } from '../batch/workbench.js';
import type { Ports, RunResult } from '../batch/workbench.js';
import { danglingPointers, digests, dieIn, documentDigests, SOAK, World } from '../batch/world.js';

const originals = documentDigests(handful());
const STORE_FAULTS: readonly FaultName[] = [
  'unavailable',
  'timeout',
  'lost-reply',
  'lost-reply-retried',
  'conflict',
  'precondition',
  'denied',
  'truncated',
  'full',
];

/** A disk that has no room or refuses, now and then. */
function seededDiskFaults(random: Random, share: number): DiskFault {
  return () => (random.fraction() < share ? random.pick(['ENOSPC', 'EACCES'] as const) : undefined);
}

/** Ports that fail at random, each run of a schedule with other luck. */
function brokenPorts(world: World, seed: number): Ports & { readonly objects: FaultyStore } {
  const random = seededRandom(seed);
  const storeShare = random.pick([0, 0.02, 0.1, 0.4]);
  const diskShare = random.pick([0, 0.01, 0.05, 0.3]);
  const objects = faultyStore(world.objects, seededFaults(seed, storeShare, STORE_FAULTS));
  return { disk: loggedDisk(new EffectLog(undefined, seededDiskFaults(random, diskShare))), objects };
}

/** A run that may not even get its journal; then it fails with an error of the shim, and has touched nothing. */
async function tryRun(world: World, seed: number): Promise<RunResult | undefined> {
  const random = seededRandom(seed);
  const before = digests(await world.documents());
  const seen: string[] = [];
  try {
    return await run(world, brokenPorts(world, seed), {
      concurrency: 1 + random.below(4),
      onOutcome: ({ id }) => void seen.push(id),
    });
  } catch (error) {
    expect(error).toBeInstanceOf(StateBagError);
    if (seen.length === 0) expect(digests(await world.documents())).toEqual(before);
    return undefined;
  }
}

async function expectSound(
  world: World,
  migrated: Record<string, string>,
  result: RunResult | undefined,
): Promise<void> {
  const now = documentDigests(await world.documents());
  expect(Object.keys(now)).toEqual(Object.keys(originals));
  const between = Object.keys(originals).filter(
    (name) => now[name] !== originals[name] && now[name] !== migrated[name],
  );
  expect(between).toEqual([]);
  expect(await danglingPointers(world)).toEqual([]);
  for (const { id, outcome, code, reason } of result?.outcomes ?? []) {
    if (outcome === 'migrated')
      expect(now[nameOf(world, id)], `${id} is said to be migrated`).toBe(migrated[nameOf(world, id)]);
    if (outcome === 'failed')
      expect({ code, hasReason: (reason ?? '') !== '' }).toEqual({
        code: expect.stringMatching(/^(?!UNEXPECTED)[A-Z_]+$/) as string,
        hasReason: true,
      });
    expect(outcome, `${id}: ${code}`).not.toBe('quarantined');
  }
}

function nameOf({ source }: World, id: string): string {
  return id.replace(`${source}/`, '');
}

it('loses nothing when stores and disks fail, and gets there in the end', { timeout: 120_000 * SOAK }, async () => {
  const world = await World.with(handful());
  const fresh = await world.snapshot();
  await run(world);
  const migrated = documentDigests(await world.documents());
  const codes = new Set<string>();
  for (let seed = 1; seed <= 60 * SOAK; seed++) {
    await world.restore(fresh);
    for (let attempt = 0; attempt < 3; attempt++) {
      const result = await tryRun(world, seed * 10 + attempt);
      result?.outcomes.forEach(({ code }) => codes.add(code ?? ''));
      await expectSound(world, migrated, result);
      dieIn(world);
    }
    const last = await run(world, quietPorts());
    expect(last.totals, `seed ${seed}`).toMatchObject({ failed: 0, quarantined: 0, notStarted: 0 });
    expect(documentDigests(await world.documents()), `seed ${seed}`).toEqual(migrated);
    const { totals } = journalStatus(await world.summary());
    expect(totals, `seed ${seed}`).toMatchObject({ migrated: HANDFUL_MIGRATED, failed: 0, unsettled: 0 });
    const verified = await runVerify(world);
    expect(verified.map(({ outcome, reason }) => reason ?? outcome)).toEqual(Array(HANDFUL_MIGRATED).fill('verified'));
    await runRollback(world, quietPorts());
    expect(digests(await world.documents()), `seed ${seed}`).toEqual(digests(handful()));
  }
  expect([...codes]).toEqual(
    expect.arrayContaining(['STORE_UNAVAILABLE', 'STORE_DENIED', 'DISK_FULL', 'FILE_DENIED', 'BODY_TRUNCATED']),
  );
});

it('accounts for every document in a run with failures', async () => {
  const world = await World.with(handful());
  const fresh = await world.snapshot();
  // The result of a file of lines comes beside those of its lines, and is not one of a document.
  const idsOf = ({ outcomes }: RunResult) =>
    outcomes.flatMap(({ id, subject }) => (subject === 'container' ? [] : [id])).sort();
  const all = idsOf(await run(world));
  for (let seed = 1; seed <= 40 * SOAK; seed++) {
    await world.restore(fresh);
    const log = new EffectLog(undefined, seededDiskFaults(seededRandom(seed), 0.1));
    const result = await run(world, { disk: loggedDisk(log) }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(DISK_FULL|FILE_DENIED)$/) as string });
      return undefined;
    });
    if (result) expect(idsOf(result), `seed ${seed}`).toEqual(all);
  }
});

it(
  'rolls back through a failing store and disk in as many attempts as it takes',
  { timeout: 120_000 * SOAK },
  async () => {
    const world = await World.with(handful());
    await run(world);
    const migrated = documentDigests(await world.documents());
    const done = await world.snapshot();
    for (let seed = 1; seed <= 50 * SOAK; seed++) {
      await world.restore(done);
      for (let attempt = 0; attempt < 2; attempt++) {
        const outcomes = await tryRollback(world, seed * 10 + attempt);
        await expectSound(world, migrated, undefined);
        const now = documentDigests(await world.documents());
        const restored = outcomes.filter(({ outcome }) => outcome === 'rolled-back').map(({ id }) => nameOf(world, id));
        expect(restored.filter((name) => now[name] !== originals[name])).toEqual([]);
      }
      const last = await runRollback(world, quietPorts());
      expect(last.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      expect(documentDigests(await world.documents()), `seed ${seed}`).toEqual(originals);
      expect(journalStatus(await world.summary()).totals).toMatchObject({ rolledBack: HANDFUL_MIGRATED, failed: 0 });
    }
  },
);

async function tryRollback(world: World, seed: number): Promise<readonly RollbackOutcome[]> {
  try {
    return await runRollback(world, brokenPorts(world, seed));
  } catch (error) {
    expect(error).toBeInstanceOf(StateBagError);
    return [];
  }
}

/** Nothing fails; and nothing is synced, which is what takes the time. */
function quietPorts(): Ports {
  return { disk: loggedDisk(new EffectLog()) };
}
