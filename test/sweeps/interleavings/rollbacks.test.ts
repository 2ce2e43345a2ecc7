import { it } from 'vitest';
import { run } from '../../batch/workbench.js';
import { SUBJECTS } from './pair-world.js';
import type { PairWorld, Subject } from './pair-world.js';
import { expectNoViolations, LEAN, migration, restoring, TIMEOUT } from './pairs.js';

const { file, lines, object, row } = SUBJECTS;

/** All documents are of the bridge form, by this journal. */
const bridged = (world: PairWorld) => run(world.withJournal('journal-0'), {}, { target: 'bridge' });
const ROLLBACK = restoring('bridge', 'journal-0');

const BOTH = [
  { first: LEAN, second: ROLLBACK },
  { first: ROLLBACK, second: LEAN },
];
const casesOf = (subjects: readonly Subject[]) =>
  subjects.flatMap((subject) =>
    BOTH.map(({ first, second }) => ({
      subject,
      runs: [first, second] as const,
      names: `${first.name}, ${second.name}`,
    })),
  );

it.each(casesOf([file, lines, object, row]))(
  'a migration and a rollback of an earlier one, $names, never mix $subject.name',
  TIMEOUT,
  async ({ subject, runs, names }) => {
    await expectNoViolations(`${names}, ${subject.name}`, {
      subject,
      earlier: bridged,
      roles: runs,
      runs,
      isMigrated: false,
    });
  },
);

it.each(casesOf([file, object, row]))(
  'a migration and a rollback of an earlier one, $names, never mix $subject.name when the second is killed',
  TIMEOUT,
  async ({ subject, runs, names }) => {
    await expectNoViolations(`${names}, the second one killed, ${subject.name}`, {
      subject,
      earlier: bridged,
      roles: runs,
      runs,
      isMigrated: false,
      kill: true,
    });
  },
);

it.each([file, object, row])('two rollbacks of two journals never mix $name', TIMEOUT, async (subject) => {
  const runs = [restoring('bridge', 'journal-0'), restoring('lean', 'journal-1')] as const;
  await expectNoViolations(`two rollbacks, two journals, ${subject.name}`, {
    subject,
    earlier: async (world) => {
      await bridged(world);
      await run(world.withJournal('journal-1'));
    },
    roles: runs,
    runs,
    isMigrated: false,
  });
});

it.each([file, object, row])('two rollbacks of one journal restore $name once', TIMEOUT, async (subject) => {
  const runs = [ROLLBACK, { ...ROLLBACK, name: 'rollback too' }] as const;
  await expectNoViolations(`two rollbacks, one journal, ${subject.name}`, {
    subject,
    earlier: bridged,
    roles: runs,
    runs,
    ownJournals: [],
    isMigrated: false,
  });
});

it.each([file, object, row])(
  'a migration and a rollback never write one journal, with $name',
  TIMEOUT,
  async (subject) => {
    const runs = [migration('bridge', 'journal-0'), ROLLBACK] as const;
    await expectNoViolations(`migration and rollback, one journal, ${subject.name}`, {
      subject,
      earlier: bridged,
      roles: runs,
      runs,
      ownJournals: [],
      isMigrated: false,
    });
  },
);
