import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Row } from '../../../src/sources/dynamodb/port.js';
import { keyOf, rowText, tokenOf } from '../../batch/rows.js';
import { sha256 } from '../../batch/scratch.js';
import { run } from '../../batch/workbench.js';
import { ConditionFailed } from '../../fakes/table-state.js';
import { ROW, SUBJECTS } from './pair-world.js';
import type { PairWorld } from './pair-world.js';
import { expectNoViolations, migration, restoring, TIMEOUT } from './pairs.js';
import type { Run } from './pairs.js';
import type { Role } from './schedules.js';
import { currentProcess } from './stepped-process.js';

const [original] = SUBJECTS.row.rows;
const again: Row = { ...original, taskToken: { S: 'token-again' } };

/** An attribute next to the bag, and a member of the bag that no run touches. */
const labelled = (row: Row): Row => ({ ...row, labels: { SS: ['edited'] } });
const continued = (row: Row): Row => {
  const { M: bag } = row.context as Extract<Row[string], { readonly M: unknown }>;
  return { ...row, context: { M: { ...bag, state_history: { L: [{ S: 'edited' }] } } } };
};

/** One call of another program to the table. */
function call<T>(kind: string, world: PairWorld, work: () => T): Promise<T> {
  return currentProcess()!.step({ kind, path: `dynamodb://${world.table.name}` }, () => {
    const result = work();
    const [row] = world.table.all();
    world.changed(ROW, row && world.formOf(ROW, Buffer.from(rowText(row))), currentProcess()!.name);
    return result;
  });
}

const readRow = (world: PairWorld) => call('get', world, () => world.table.get(keyOf(original)));

/** The resume handler: it deletes the row that it has read, by its token. */
async function resumeRow(world: PairWorld): Promise<void> {
  const read = await readRow(world);
  await call('delete', world, () =>
    world.table.delete(keyOf(original), (row) => row !== undefined && tokenOf(row) === tokenOf(read!)),
  );
}

async function pauseAgain(world: PairWorld): Promise<void> {
  await resumeRow(world);
  await call('put', world, () => world.table.put(again, (row) => row === undefined));
}

/** Puts the row back with a change, if it still is what was read; else it reads the row again. */
async function edit(world: PairWorld, change: (row: Row) => Row): Promise<void> {
  for (;;) {
    const read = (await readRow(world))!;
    const isDone = await call('put', world, () => {
      try {
        return world.table.put(change(read), (row) => rowText(row!) === rowText(read)) > 0;
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
    });
    if (isDone) return;
  }
}

/** What the other program does, and what is true of the row whatever a run did to it. */
const OTHERS = [
  {
    what: 'deletes the row',
    work: resumeRow,
    successors: [],
    holds: (rows: readonly Row[]) => rows.length === 0,
  },
  {
    what: 'deletes the row and puts another one in its place',
    work: pauseAgain,
    successors: [again],
    holds: ([row]: readonly Row[]) => row !== undefined && tokenOf(row) === 'token-again',
  },
  {
    what: 'changes an attribute next to the bag',
    work: (world: PairWorld) => edit(world, labelled),
    successors: [labelled(original)],
    holds: ([row]: readonly Row[]) => JSON.stringify(row?.labels) === '{"SS":["edited"]}',
  },
  {
    what: 'changes a member of the bag',
    work: (world: PairWorld) => edit(world, continued),
    successors: [continued(original)],
    holds: ([row]: readonly Row[]) => rowText(row!).includes('"state_history":["edited"]'),
  },
] as const;

const MIGRATION = migration('bridge', 'journal-a');
const ROLLBACK = restoring('bridge', 'journal-0');
const bridged = (world: PairWorld) => run(world.withJournal('journal-0'), {}, { target: 'bridge' });

const CASES = OTHERS.flatMap(({ what, work, successors, holds }) => {
  const other: Role = { name: 'the other program', work: (_, world) => work(world) };
  const common = { what, successors, holds };
  return [
    { ...common, by: 'migrate', first: MIGRATION, roles: [MIGRATION, other] as const },
    { ...common, by: 'migrate', first: MIGRATION, roles: [other, MIGRATION] as const },
    { ...common, by: 'rollback', first: ROLLBACK, roles: [ROLLBACK, other] as const },
    { ...common, by: 'rollback', first: ROLLBACK, roles: [other, ROLLBACK] as const },
  ].map((one) => ({ ...one, order: one.roles.map(({ name }) => name).join(', ') }));
});

/** What is replaced is the row that was read: one that was paused again has another token. */
function checkToken(world: PairWorld, { name, journal }: Run): string[] {
  if (world.commits.at(-1)?.by !== name) return [];
  const lines = readFileSync(join(world.directory, journal, 'journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { readonly kind: string; readonly version?: string });
  const { version } = entries.findLast(({ kind, version }) => kind === 'intent' && version !== undefined)!;
  const tokens = world.table.all().map(tokenOf);
  return tokens.every((token) => sha256(Buffer.from(token)) === version)
    ? []
    : [`${name} replaced a row that it had not read`];
}

it.each(CASES)(
  '$by undoes nothing of a program that $what ($order)',
  TIMEOUT,
  async ({ by, what, order, first, roles, successors, holds }) => {
    await expectNoViolations(`a program ${what}, ${order}`, {
      subject: SUBJECTS.row,
      successors,
      ...(by === 'rollback' && { earlier: bridged }),
      roles,
      runs: [first],
      isMigrated: false,
      isLiving: true,
      check: ({ world, processes }) => {
        const other = processes.find(({ name }) => name === 'the other program')!;
        expect(other.ending).toEqual({ value: undefined });
        const found = holds(world.table.all()) ? [] : ['what the other program did is gone'];
        return Promise.resolve([...found, ...checkToken(world, first)]);
      },
    });
  },
);
