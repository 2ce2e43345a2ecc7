import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDisk } from '../../src/sources/disk.js';
import { Journal } from '../../src/journal/journal.js';
import { codeOf } from '../store/outcomes.js';
import { DEAD_PROCESS, deadLock } from '../locks/owners.js';
import { filesBelow, temporaryDirectory } from './scratch.js';

const lockedBy = async (content: string) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'journal.lock'), content);
  return codeOf(Journal.open(directory, nodeDisk).then((journal) => journal.close()));
};

it('a journal has one writer at a time, also in one process', async () => {
  const directory = temporaryDirectory();
  const journal = await Journal.open(directory, nodeDisk);
  expect(await codeOf(Journal.open(join(directory, '.'), nodeDisk))).toBe('JOURNAL_LOCKED');
  await journal.close();
  await (await Journal.open(directory, nodeDisk)).close();
});

it('exactly one of many that open a journal at once gets it', async () => {
  const directory = temporaryDirectory();
  const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => Journal.open(directory, nodeDisk)));
  const got = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  expect(got).toHaveLength(1);
  await got[0]!.close();
});

it('exactly one of many that open a journal at once takes over the lock of a dead process', async () => {
  for (let trial = 0; trial < 10; trial++) {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'journal.lock'), deadLock());
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => Journal.open(directory, nodeDisk)));
    const got = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(got).toHaveLength(1);
    await got[0]!.close();
    expect(filesBelow(directory)).toEqual([]);
  }
});

it('closing a journal leaves the lock of another run', async () => {
  const directory = temporaryDirectory();
  const journal = await Journal.open(directory, nodeDisk);
  writeFileSync(join(directory, 'journal.lock'), deadLock());
  await journal.close();
  expect(filesBelow(directory)).toContain('journal.lock');
});

it.each([
  ['of a process that was killed', deadLock(), 'done'],
  ['of another machine, whatever its number', deadLock().replace(hostname(), 'another-host'), 'JOURNAL_LOCKED'],
  [
    'of an earlier process with the same number, as after a restart of a container',
    `${process.pid} ${hostname()}\n`,
    'JOURNAL_LOCKED',
  ],
  [
    'of release 0.1.0, whose holder cannot be told from another process',
    `${DEAD_PROCESS} ${hostname()}\n`,
    'JOURNAL_LOCKED',
  ],
  ['without text', '', 'JOURNAL_LOCKED'],
  ['with text that is not a lock', 'x', 'JOURNAL_LOCKED'],
])('a journal takes over a lock only from a holder that is provably dead: a lock %s', async (_, content, expected) => {
  expect(await lockedBy(content)).toBe(expected);
});
