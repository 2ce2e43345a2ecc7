import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/batch/disk.js';
import { Journal, JOURNAL_FILE } from '../../src/batch/journal.js';
import type { JournalEntry } from '../../src/batch/journal-entry.js';
import { failedDocuments, migratedByContainer, pendingIntents } from '../../src/batch/journaled.js';
import { summarizeJournal } from '../../src/batch/journal-read.js';
import { statusOf } from '../../src/batch/status.js';
import { codeOf } from '../store/outcomes.js';
import { END, intent, journalOf, kindsIn, result, RUN, stamp } from './journal-entries.js';
import { temporaryDirectory } from './world.js';

it('passes over a torn last line, and the next run closes it off', async () => {
  const directory = await journalOf(RUN, intent('a'), END);
  const path = join(directory, JOURNAL_FILE);
  truncateSync(path, readFileSync(path).length - 10);
  expect(await kindsIn(directory)).toEqual(['run', 'intent']);
  const journal = await Journal.open(directory, nodeDisk);
  journal.append(RUN);
  await journal.close();
  expect(await kindsIn(directory)).toEqual(['run', 'intent', 'run']);
  expect((await summarizeJournal(directory)).isClosed).toBe(false);
});

it('passes over several runs that were each torn at their first line', async () => {
  const directory = await journalOf(RUN, END);
  const path = join(directory, JOURNAL_FILE);
  for (const part of ['{"kind":"ru', '{"k']) appendFileSync(path, `${part}\n`);
  const journal = await Journal.open(directory, nodeDisk);
  journal.append(RUN);
  await journal.close();
  expect(await kindsIn(directory)).toEqual(['run', 'end', 'run']);
});

it('takes a whole last line whose end is missing for what it says', async () => {
  const directory = await journalOf(RUN, END);
  const path = join(directory, JOURNAL_FILE);
  truncateSync(path, readFileSync(path).length - 1);
  expect(await kindsIn(directory)).toEqual(['run', 'end']);
  await (await Journal.open(directory, nodeDisk)).close();
  expect(await kindsIn(directory)).toEqual(['run', 'end']);
});

it('refuses damage in the middle and says where it is', async () => {
  const directory = await journalOf(RUN, intent('a'), result('a', 'migrated'), END);
  const path = join(directory, JOURNAL_FILE);
  const text = readFileSync(path, 'latin1');
  writeFileSync(path, text.replace('"kind":"intent"', '"kind":"intent'), 'latin1');
  await expect(kindsIn(directory)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    message: expect.stringContaining(`byte ${text.indexOf('\n') + 1}`) as string,
  });
});

it.each([
  ['another version', { ...RUN, v: 2 }, 'JOURNAL_VERSION'],
  ['no version', { ...RUN, v: undefined }, 'JOURNAL_VERSION'],
  ['an unknown kind', { kind: 'surprise', ...stamp }, 'JOURNAL_INVALID'],
  ['a list', [], 'JOURNAL_INVALID'],
  ['null', null, 'JOURNAL_INVALID'],
])('refuses %s', async (_, entry, code) => {
  const directory = await journalOf();
  writeFileSync(join(directory, JOURNAL_FILE), `${JSON.stringify(entry)}\n`);
  expect(await codeOf(kindsIn(directory))).toBe(code);
});

it('says that there is none', async () => {
  expect(await codeOf(summarizeJournal(temporaryDirectory()))).toBe('JOURNAL_MISSING');
});

it('reads an empty one, which a run killed at the very beginning leaves', async () => {
  const directory = await journalOf();
  expect(statusOf(await summarizeJournal(directory))).toMatchObject({ runs: 0, totals: { documents: 0 } });
});

describe('the last word on a document', () => {
  const wordOn = async (...entries: readonly JournalEntry[]) => {
    const summary = await summarizeJournal(await journalOf(RUN, ...entries));
    const { totals } = statusOf(summary);
    const counted = Object.entries(totals).filter(([name, count]) => count > 0 && !/bytes|blobs|documents/.test(name));
    return {
      status: counted.map(([name]) => name),
      isPending: pendingIntents(summary).has('a'),
      mayBeMigrated: migratedByContainer(summary).size > 0,
      isFailed: failedDocuments(summary).has('a'),
    };
  };

  it.each<[string, JournalEntry[], object]>([
    ['an intent alone is unsettled', [intent('a')], { status: ['unsettled'], isPending: true, mayBeMigrated: true }],
    [
      'an intent with a failure may have landed all the same',
      [intent('a'), result('a', 'failed', 'X')],
      { status: ['failed'], isPending: true, mayBeMigrated: true, isFailed: true },
    ],
    [
      'migrated stays migrated when a later run finds it unchanged',
      [intent('a'), result('a', 'migrated'), result('a', 'unchanged')],
      { status: ['migrated'], isPending: false, mayBeMigrated: true },
    ],
    [
      'migrated counts as failed when a later run cannot read it, and can be rolled back',
      [intent('a'), result('a', 'migrated'), result('a', 'failed', 'X')],
      { status: ['failed'], isFailed: true, isPending: true, mayBeMigrated: true },
    ],
    [
      'migrated counts as quarantined when a later run finds it damaged, and can be rolled back',
      [intent('a'), result('a', 'migrated'), result('a', 'quarantined', 'X')],
      { status: ['quarantined'], isFailed: true, mayBeMigrated: true },
    ],
    [
      'migrated counts as migrated when a run after a failure finds it unchanged',
      [intent('a'), result('a', 'migrated'), result('a', 'failed', 'X'), result('a', 'unchanged')],
      { status: ['migrated'], isFailed: false, isPending: false },
    ],
    [
      'a failure is forgotten when the document turns out well',
      [result('a', 'failed', 'X'), result('a', 'unchanged')],
      { status: ['unchanged'], isPending: false, isFailed: false, mayBeMigrated: false },
    ],
    [
      'a failure without an intent is open',
      [result('a', 'failed', 'X')],
      { status: ['failed'], isPending: true, isFailed: true, mayBeMigrated: false },
    ],
    [
      'rolled back is rolled back',
      [intent('a'), result('a', 'migrated'), result('a', 'rolled-back')],
      { status: ['rolledBack'], isPending: false, mayBeMigrated: false },
    ],
    [
      'a new intent after a rollback begins anew',
      [intent('a'), result('a', 'migrated'), result('a', 'rolled-back'), intent('a')],
      { status: ['unsettled'], isPending: true, mayBeMigrated: true },
    ],
    [
      'a file that could not be read is settled by one of its lines',
      [result('a', 'failed', 'X'), intent('a#L3', { container: 'a', line: 3 }), result('a#L3', 'migrated')],
      { status: ['migrated'], isPending: false, isFailed: false },
    ],
    [
      'a file that could not be read is settled by an unchanged line too',
      [result('a', 'failed', 'X'), result('a#L1', 'unchanged')],
      { status: ['unchanged'], isPending: false },
    ],
  ])('%s', async (_, entries, expected) => {
    expect(await wordOn(...entries)).toMatchObject(expected);
  });

  it('lists what needs somebody, with code and reason', async () => {
    const summary = await summarizeJournal(
      await journalOf(
        RUN,
        result('a', 'failed', 'STORE_DENIED'),
        intent('b'),
        result('b', 'quarantined', 'MAP_INVALID'),
        result('c', 'unchanged'),
      ),
    );
    expect(statusOf(summary).findings).toEqual([
      { id: 'b', outcome: 'quarantined', code: 'MAP_INVALID', reason: 'because' },
      { id: 'a', outcome: 'failed', code: 'STORE_DENIED', reason: 'because' },
    ]);
  });
});
