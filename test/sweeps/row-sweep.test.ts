import { expect, it } from 'vitest';
import { seededRandom } from '../../examples/fleet/random.js';
import type { Random } from '../../examples/fleet/random.js';
import { journalStatus } from '../../src/journal/report.js';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { StateBagError } from 'statebag-shim';
import { faultyStore, seededFaults } from '../fakes/faulty-store.js';
import { faultyTable, TABLE_FAULTS } from '../fakes/faulty-table.js';
import type { TableFaultName } from '../fakes/faulty-table.js';
import { memoryTable } from '../fakes/memory-table.js';
import { CRASH_MODES, CrashError, EffectLog, loggedDisk, loggedStore, loggedTable } from '../batch/effects.js';
import type { Crash } from '../batch/effects.js';
import {
  bagOf,
  isBridged,
  keyOf,
  pausedRow,
  pausedRows,
  programOf,
  ROW_FORMS,
  rowText,
  tokenOf,
} from '../batch/rows.js';
import type { ReadBlob } from '../batch/rows.js';
import { run, runRollback, runVerify } from '../batch/workbench.js';
import type { Ports, RunResult } from '../batch/workbench.js';
import { dieIn, SOAK, World } from '../batch/world.js';

const COUNT = ROW_FORMS.length;
const originals = new Map(pausedRows(COUNT).map((row) => [rowText(keyOf(row)), row]));
const textsOf = (rows: Iterable<Row>) =>
  Object.fromEntries(Array.from(rows, (row) => [rowText(keyOf(row)), rowText(row)] as const).sort());

async function rowWorld(): Promise<World> {
  const world = await World.with({});
  for (const row of originals.values()) world.table.put(row);
  return world;
}

async function inProcess(
  world: World,
  crash: Crash | undefined,
  work: (ports: Ports) => Promise<unknown>,
): Promise<EffectLog> {
  const log = new EffectLog(crash);
  try {
    await work({
      disk: loggedDisk(log),
      objects: loggedStore(log, world.objects),
      table: loggedTable(log, memoryTable(world.table)),
    });
  } catch (error) {
    if (!(error instanceof CrashError) && !(error instanceof Error && error.cause instanceof CrashError)) throw error;
  }
  if (log.isDead) dieIn(world);
  return log;
}

const BRIDGE = { target: 'bridge' } as const;
const migrating = (world: World, crash?: Crash, concurrency = 1) =>
  inProcess(world, crash, (ports) => run(world, ports, { ...BRIDGE, concurrency }));
const rollingBack = (world: World, crash?: Crash) => inProcess(world, crash, (ports) => runRollback(world, ports));

async function readerOf(world: World): Promise<ReadBlob> {
  const blobs = await world.blobs();
  return ({ bucket, key }) => blobs[`s3://${bucket}/${key}`];
}

/** Everything a row has beside its bag, and everything in its bag beside the program, as it was. */
function around(row: Row): string {
  const { context, state_data: data, ...others } = row;
  const { workflow_config, partition_map, ...members } = bagOf(row);
  return `${rowText(others)} ${JSON.stringify(members)} ${[context, data, workflow_config, partition_map].map((value) => typeof value).join()}`;
}

/** No row is lost, made or half written, and each leads to its own program. */
async function expectSound(world: World, expected: ReadonlyMap<string, Row> = originals): Promise<void> {
  const read = await readerOf(world);
  const rows = world.table.all();
  expect(rows.map((row) => rowText(keyOf(row))).sort()).toEqual([...expected.keys()].sort());
  for (const row of rows) {
    const original = expected.get(rowText(keyOf(row)))!;
    expect(around(row)).toBe(around(original));
    expect(programOf(bagOf(row), read)).toEqual(programOf(bagOf(original), read));
    if (rowText(row) !== rowText(original)) expect(isBridged(bagOf(row))).toBe(true);
  }
}

async function expectMigrated(world: World): Promise<void> {
  await expectSound(world);
  expect(world.table.all().filter((row) => !isBridged(bagOf(row)))).toEqual([]);
  const { totals, findings, isClosed } = journalStatus(await world.summary());
  expect({ findings, isClosed, ...totals }).toMatchObject({
    findings: [],
    isClosed: true,
    documents: COUNT,
    migrated: COUNT,
    failed: 0,
    unsettled: 0,
  });
  const verified = await runVerify(world, {}, 'bridge');
  expect(verified.map(({ outcome, reason }) => reason ?? outcome)).toEqual(Array(COUNT).fill('verified'));
}

async function expectRolledBack(world: World): Promise<void> {
  expect(textsOf(world.table.all())).toEqual(textsOf(originals.values()));
  expect(journalStatus(await world.summary()).totals).toMatchObject({ rolledBack: COUNT, failed: 0, unsettled: 0 });
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

it('migrates rows of every form, touches nothing around the program, and comes full circle', async () => {
  const world = await rowWorld();
  await migrating(world);
  await expectMigrated(world);
  expect((await run(world, {}, BRIDGE)).totals).toMatchObject({ documents: COUNT, unchanged: COUNT });
  await rollingBack(world);
  await expectRolledBack(world);
});

it('makes lean bags of rows when asked, and the original rows of them again', async () => {
  const world = await rowWorld();
  expect((await run(world)).totals).toMatchObject({ migrated: COUNT });
  const read = await readerOf(world);
  for (const row of world.table.all()) {
    const bag = bagOf(row);
    expect([bag.state_bag_version, bag.workflow_config, bag.partition_map]).toEqual([2, undefined, undefined]);
    expect(programOf(bag, read)).toEqual(programOf(bagOf(originals.get(rowText(keyOf(row)))!), read));
  }
  await runRollback(world);
  await expectRolledBack(world);
});

it.each(CRASH_MODES)(
  'survives a crash at every effect of a migration of rows: %s',
  { timeout: 120_000 * SOAK },
  async (mode) => {
    const world = await rowWorld();
    const fresh = await world.snapshot();
    const { effects } = await migrating(world);
    expect(effects.filter(({ kind }) => kind === 'update')).toHaveLength(COUNT);
    for (const at of upTo(effects.length)) {
      await world.restore(fresh);
      expect((await migrating(world, { at, mode })).isDead).toBe(true);
      await expectSound(world);
      await migrating(world);
      await expectMigrated(world);
      await rollingBack(world);
      await expectRolledBack(world);
    }
  },
);

it.each(CRASH_MODES)(
  'survives a crash at every effect of a rollback of rows: %s',
  { timeout: 120_000 * SOAK },
  async (mode) => {
    const world = await rowWorld();
    await migrating(world);
    const done = await world.snapshot();
    const { effects } = await rollingBack(world);
    expect(effects.filter(({ kind }) => kind === 'update')).toHaveLength(COUNT);
    for (const at of upTo(effects.length)) {
      await world.restore(done);
      expect((await rollingBack(world, { at, mode })).isDead).toBe(true);
      await expectSound(world);
      await rollingBack(world);
      await expectRolledBack(world);
    }
  },
);

/**
 * People who answer while a run goes on: before calls of the table, now and then. What is there in the end is what they
 * left.
 */
class People {
  readonly expected = new Map(originals);
  /** Rows as they were when somebody resumed them. */
  readonly resumed: { readonly row: Row; readonly original: Row }[] = [];
  private pauses = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly share: number,
  ) {}

  readonly pass = (): void => {
    if (this.random.fraction() >= this.share) return;
    const rows = this.world.table.all();
    if (rows.length === 0) return;
    const row = this.random.pick(rows);
    const id = rowText(keyOf(row));
    this.resumed.push({ row, original: this.expected.get(id)! });
    this.world.table.delete(keyOf(row), (found) => found !== undefined && tokenOf(found) === tokenOf(row));
    this.expected.delete(id);
    if (this.random.fraction() < 0.4) this.pauseAgain(row);
  };

  private pauseAgain(row: Row): void {
    const name = (row.conversation_id as { readonly S: string }).S.split(':').at(-1)!;
    const again = pausedRow(name, this.random.pick(ROW_FORMS), { token: `again-${++this.pauses}` });
    this.world.table.put(again);
    this.expected.set(rowText(keyOf(again)), again);
  }
}

const TABLE_FAULT_NAMES = Object.keys(TABLE_FAULTS) as TableFaultName[];
const STORE_FAULTS = [
  'unavailable',
  'timeout',
  'lost-reply',
  'lost-reply-retried',
  'conflict',
  'denied',
  'truncated',
] as const;

/** Ports that fail at random, among people who answer at random. */
function brokenPorts(world: World, people: People, seed: number): Ports {
  const random = seededRandom(seed);
  const share = random.pick([0, 0.05, 0.2, 0.5]);
  const objects = faultyStore(world.objects, seededFaults(seed, random.pick([0, 0.05, 0.3]), STORE_FAULTS));
  const log = new EffectLog(undefined, () => (random.fraction() < 0.02 ? 'ENOSPC' : undefined));
  const table = faultyTable(memoryTable(world.table), (operation) => {
    if (operation !== 'scan') people.pass();
    return random.fraction() < share ? random.pick(TABLE_FAULT_NAMES) : undefined;
  });
  return { disk: loggedDisk(log), objects, table };
}

function expectAccounted({ outcomes }: RunResult): void {
  for (const { outcome, code, reason } of outcomes) {
    if (outcome === 'failed')
      expect({ code, hasReason: (reason ?? '') !== '' }).toEqual({
        code: expect.stringMatching(/^(?!UNEXPECTED)[A-Z_]+$/) as string,
        hasReason: true,
      });
    expect(outcome).not.toBe('quarantined');
  }
}

async function attempt(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    expect(error).toBeInstanceOf(StateBagError);
    return undefined;
  }
}

it(
  'loses nothing and brings nobody back when everything fails at random and people answer meanwhile',
  { timeout: 240_000 * SOAK },
  async () => {
    const world = await rowWorld();
    const fresh = await world.snapshot();
    const codes = new Set<string>();
    for (const seed of upTo(200 * SOAK)) {
      await world.restore(fresh);
      const random = seededRandom(seed);
      const people = new People(world, random, random.pick([0, 0.05, 0.3]));
      for (const round of upTo(3)) {
        const ports = brokenPorts(world, people, seed * 10 + round);
        const crash =
          random.fraction() < 0.3 ? { at: 1 + random.below(60), mode: random.pick(CRASH_MODES) } : undefined;
        const isBack = round === 3 && random.fraction() < 0.5;
        if (crash)
          await inProcess(world, crash, ({ disk, objects, table }) =>
            attempt(() => run(world, { disk: disk!, objects: objects!, table: table! }, BRIDGE)),
          );
        else if (isBack) await attempt(() => runRollback(world, ports));
        else {
          const result = (await attempt(() => run(world, ports, { ...BRIDGE, concurrency: 1 + random.below(4) }))) as
            RunResult | undefined;
          if (result) expectAccounted(result);
          result?.outcomes.forEach(({ code }) => codes.add(code ?? ''));
        }
        await expectSound(world, people.expected);
      }
      await migrating(world);
      await expectSound(world, people.expected);
      expect(
        world.table.all().filter((row) => !isBridged(bagOf(row))),
        `seed ${seed}`,
      ).toEqual([]);
      const { totals } = journalStatus(await world.summary());
      expect(totals.documents, `seed ${seed}`).toBe(
        totals.migrated + totals.unchanged + totals.quarantined + totals.failed + totals.rolledBack + totals.unsettled,
      );
      const read = await readerOf(world);
      for (const { row, original } of people.resumed)
        expect(programOf(bagOf(row), read)).toEqual(programOf(bagOf(original), read));
    }
    expect([...codes]).toEqual(expect.arrayContaining(['ROW_GONE', 'ROW_REPLACED', 'TABLE_DENIED', 'TABLE_THROTTLED']));
  },
);

it('leaves a row alone that was resumed since, in a rollback and in a verification', async () => {
  const world = await rowWorld();
  await migrating(world);
  const [gone, again] = world.table.all();
  world.table.delete(keyOf(gone!));
  world.table.put({ ...again!, taskToken: { S: 'another' } });
  const verified = await runVerify(world, {}, 'bridge');
  expect(
    verified
      .filter(({ outcome }) => outcome === 'resumed')
      .map(({ code }) => code)
      .sort(),
  ).toEqual(['ROW_GONE', 'ROW_REPLACED']);
  const outcomes = await runRollback(world);
  expect(
    outcomes
      .filter(({ outcome }) => outcome === 'unchanged')
      .map(({ code }) => code)
      .sort(),
  ).toEqual(['ROW_GONE', 'ROW_REPLACED']);
  expect(outcomes.filter(({ outcome }) => outcome === 'rolled-back')).toHaveLength(COUNT - 2);
  expect(world.table.get(keyOf(gone!))).toBeUndefined();
  expect(isBridged(bagOf(world.table.get(keyOf(again!))!))).toBe(true);
});
