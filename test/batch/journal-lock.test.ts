import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDisk } from '../../src/batch/disk.js';
import { Journal } from '../../src/batch/journal.js';
import { codeOf } from '../store/outcomes.js';
import { DEAD_PROCESS, temporaryDirectory } from './world.js';

const lockedBy = async (content: string) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'journal.lock'), content);
  return codeOf(Journal.open(directory, nodeDisk).then((journal) => journal.close()));
};

it('keeps a second writer of this process out', async () => {
  const directory = temporaryDirectory();
  const journal = await Journal.open(directory, nodeDisk);
  expect(await codeOf(Journal.open(join(directory, '.'), nodeDisk))).toBe('JOURNAL_LOCKED');
  await journal.close();
  await (await Journal.open(directory, nodeDisk)).close();
});

it('lets exactly one of many that come at once have it', async () => {
  const directory = temporaryDirectory();
  const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => Journal.open(directory, nodeDisk)));
  const got = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  expect(got).toHaveLength(1);
  await got[0]!.close();
});

it.each([
  ['held by a living process of this machine', `${process.ppid} ${hostname()}\n`, 'JOURNAL_LOCKED'],
  ['of another machine, whatever its number', `${DEAD_PROCESS} another-host\n`, 'JOURNAL_LOCKED'],
  ['of a process that was killed', `${DEAD_PROCESS} ${hostname()}\n`, 'done'],
  ['of an earlier process with our number, as in a restarted container', `${process.pid} ${hostname()}\n`, 'done'],
  ['that nobody got to fill in', '', 'done'],
  ['with nonsense in it', 'x', 'done'],
])('respects a lock only if somebody holds it: one %s', async (_, content, expected) => {
  expect(await lockedBy(content)).toBe(expected);
});
