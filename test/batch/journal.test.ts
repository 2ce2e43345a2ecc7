import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateAgainst } from '../../src/bag/validate/validate-against.js';
import { nodeDisk } from '../../src/batch/disk.js';
import type { Disk } from '../../src/batch/disk.js';
import { Journal, JOURNAL_FILE } from '../../src/batch/journal.js';
import type { JournalEntry, ResultEntry } from '../../src/batch/journal-entry.js';
import { failedDocuments, migratedByContainer, pendingIntents } from '../../src/batch/journaled.js';
import { readJournal, summarizeJournal } from '../../src/batch/journal-read.js';
import { LazyJournal } from '../../src/batch/lazy-journal.js';
import { statusOf } from '../../src/batch/status.js';
import { codeOf } from '../store/outcomes.js';
import { handful } from './bags.js';
import { EffectLog, loggedDisk, loggedStore } from './effects.js';
import { run } from './workbench.js';
import { DEAD_PROCESS, filesBelow, NOW, temporaryDirectory, World } from './world.js';

const stamp = { run: 'r1', at: NOW };
const RUN: JournalEntry = { kind: 'run', v: 1, ...stamp, tool: 't', command: 'migrate', target: 'lean', store: 's', bucket: 'b', prefix: '', sources: [], options: {} };
const END: JournalEntry = { kind: 'end', ...stamp, totals: {}, complete: true };

function intent(doc: string, more: { after?: string; container?: string; line?: number } = {}): JournalEntry {
  return { kind: 'intent', ...stamp, doc, container: doc, before: 'a'.repeat(64), after: 'b'.repeat(64), bytesBefore: 9, bytesAfter: 5, blobs: [], inverse: [], ...more };
}

function result(doc: string, outcome: ResultEntry['outcome'], code?: string): JournalEntry {
  return { kind: 'result', ...stamp, doc, outcome, generation: 'fat', bytesBefore: 9, bytesAfter: 5, ...(code === undefined ? {} : { code, reason: 'because' }) };
}

async function journalOf(...entries: readonly JournalEntry[]): Promise<string> {
  const directory = join(temporaryDirectory(), 'journal');
  const journal = await Journal.open(directory, nodeDisk);
  for (const entry of entries) journal.append(entry);
  await journal.close();
  return directory;
}

async function kindsIn(directory: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { entry } of readJournal(directory)) kinds.push(entry.kind);
  return kinds;
}

describe('writing', () => {
  it('says nothing on the disk before a flush, and everything after it', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    const journal = await Journal.open(directory, nodeDisk);
    journal.append(RUN);
    expect(readFileSync(join(directory, JOURNAL_FILE), 'utf8')).toBe('');
    await journal.flush();
    expect(await kindsIn(directory)).toEqual(['run']);
    await journal.close();
    expect(filesBelow(directory)).toEqual([JOURNAL_FILE]);
  });

  it('lets those who flush at the same time share one sync, and loses nobody', async () => {
    const log = new EffectLog();
    const directory = temporaryDirectory();
    const journal = await Journal.open(directory, loggedDisk(log));
    const flushes = Array.from({ length: 100 }, async (_, index) => {
      await Promise.resolve();
      journal.append(result(`d${index}`, 'unchanged'));
      await journal.flush();
      return readFileSync(join(directory, JOURNAL_FILE), 'utf8').includes(`"d${index}"`);
    });
    expect((await Promise.all(flushes)).every(Boolean)).toBe(true);
    await journal.close();
    expect(log.effects.filter(({ kind }) => kind === 'sync').length).toBeLessThan(10);
    expect(await kindsIn(directory)).toHaveLength(100);
  });

  it('covers what is appended while a flush is under way with the next one', async () => {
    const gate = gatedDisk();
    const directory = temporaryDirectory();
    const journal = await Journal.open(directory, gate.disk);
    journal.append(RUN);
    const first = journal.flush();
    await gate.reached();
    journal.append(END);
    const second = journal.flush();
    gate.open();
    await first;
    await second;
    expect(await kindsIn(directory)).toEqual(['run', 'end']);
    await journal.close();
  });

  it('asks for a flush once a megabyte waits', async () => {
    const journal = await Journal.open(temporaryDirectory(), nodeDisk);
    expect(journal.isFull).toBe(false);
    journal.append({ ...END, totals: Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`total-${index}`, index])) });
    expect(journal.isFull).toBe(true);
    await journal.flush();
    expect(journal.isFull).toBe(false);
    await journal.close();
  });

  it('accepts nothing more once a write has failed, so that a gap can never lie in its middle', async () => {
    let hasRoom = false;
    const log = new EffectLog(undefined, ({ kind }) => {
      if (kind !== 'write' || hasRoom) return undefined;
      hasRoom = true;
      return 'ENOSPC';
    });
    const directory = temporaryDirectory();
    const journal = await Journal.open(directory, loggedDisk(log));
    journal.append(RUN);
    expect(await codeOf(journal.flush())).toBe('DISK_FULL');
    journal.append(END);
    expect(await codeOf(journal.flush())).toBe('DISK_FULL');
    expect(await codeOf(journal.close())).toBe('DISK_FULL');
    expect(existsSync(join(directory, 'journal.lock'))).toBe(false);
    const next = await Journal.open(directory, nodeDisk);
    next.append(RUN);
    await next.close();
    expect(await kindsIn(directory)).toEqual(['run']);
  });

  it('is not held by anybody after it could not be opened', async () => {
    const directory = temporaryDirectory();
    const log = new EffectLog(undefined, () => 'EACCES');
    expect(await codeOf(Journal.open(directory, loggedDisk(log)))).toBe('FILE_DENIED');
    await (await Journal.open(directory, nodeDisk)).close();
  });

  it('leaves no trace of a lazy journal that had nothing to say', async () => {
    const directory = join(temporaryDirectory(), 'journal');
    const journal = await LazyJournal.at(directory, nodeDisk);
    await journal.flush();
    await journal.close();
    expect(existsSync(directory)).toBe(false);
  });

  it('puts intents, synced, before the swap, and results behind it', async () => {
    const world = await World.with(handful());
    const log = new EffectLog();
    await run(world, { disk: loggedDisk(log), objects: loggedStore(log, world.objects) });
    const text = log.effects.map(({ kind, path, bytes }) => ({ kind, path, text: bytes === undefined ? '' : Buffer.from(bytes).toString('utf8') }));
    const swaps = text.flatMap(({ kind, path }, at) => (kind === 'rename' || path.startsWith('s3://docs/') ? [{ path, at }] : []));
    expect(swaps).toHaveLength(6);
    for (const { path, at } of swaps) {
      const document = JSON.stringify(path).slice(1, -1);
      const says = (...parts: string[]) => text.findIndex((effect) => effect.kind === 'write' && effect.text.split('\n').some((line) => [`"doc":"${document}`, ...parts].every((part) => line.includes(part))));
      const intended = says('"kind":"intent"');
      expect(intended).toBeGreaterThan(-1);
      const synced = text.findIndex(({ kind, path: file }, index) => index > intended && kind === 'sync' && file.endsWith(JOURNAL_FILE));
      expect(synced).toBeLessThan(at);
      expect(says('"kind":"result"', '"outcome":"migrated"')).toBeGreaterThan(at);
    }
  });

  it('writes nothing that its schema refuses', async () => {
    const world = await World.with({ ...handful(), 'bad.json': Buffer.from('{"a":'), 'empty.ndjson': Buffer.from('\n\n[1]\n') });
    await run(world);
    const lines = readFileSync(join(world.journal, JOURNAL_FILE), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(validateAgainst('journal.v1', JSON.parse(line)), line).toEqual([]);
  });
});

/** A disk whose first sync waits. */
function gatedDisk(): { disk: Disk; open: () => void; reached: () => Promise<void> } {
  let open: () => void = () => undefined;
  let reach: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => { open = resolve; });
  const reached = new Promise<void>((resolve) => { reach = resolve; });
  const openForAppend: Disk['openForAppend'] = async (path) => {
    const file = await nodeDisk.openForAppend(path);
    const sync = async () => {
      reach();
      await gate;
    };
    return { write: (bytes) => file.write(bytes), sync, close: () => file.close() };
  };
  return { disk: { ...nodeDisk, openForAppend }, open, reached: () => reached };
}

describe('reading', () => {
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
    await expect(kindsIn(directory)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', message: expect.stringContaining(`byte ${text.indexOf('\n') + 1}`) as string });
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
});

describe('the last word on a document', () => {
  const wordOn = async (...entries: readonly JournalEntry[]) => {
    const summary = await summarizeJournal(await journalOf(RUN, ...entries));
    const { totals } = statusOf(summary);
    const counted = Object.entries(totals).filter(([name, count]) => count > 0 && !/bytes|blobs|documents/.test(name));
    return { status: counted.map(([name]) => name), isPending: pendingIntents(summary).has('a'), mayBeMigrated: migratedByContainer(summary).size > 0, isFailed: failedDocuments(summary).has('a') };
  };

  it.each<[string, JournalEntry[], object]>([
    ['an intent alone is unsettled', [intent('a')], { status: ['unsettled'], isPending: true, mayBeMigrated: true }],
    ['an intent with a failure may have landed all the same', [intent('a'), result('a', 'failed', 'X')], { status: ['failed'], isPending: true, mayBeMigrated: true, isFailed: true }],
    ['migrated stays migrated when a later run finds it unchanged', [intent('a'), result('a', 'migrated'), result('a', 'unchanged')], { status: ['migrated'], isPending: false, mayBeMigrated: true }],
    ['migrated stays migrated when a later run cannot read it', [intent('a'), result('a', 'migrated'), result('a', 'failed', 'X')], { status: ['migrated'], isFailed: false, mayBeMigrated: true }],
    ['migrated stays migrated when a later run finds it damaged', [intent('a'), result('a', 'migrated'), result('a', 'quarantined', 'X')], { status: ['migrated'], mayBeMigrated: true }],
    ['a failure is forgotten when the document turns out well', [result('a', 'failed', 'X'), result('a', 'unchanged')], { status: ['unchanged'], isPending: false, isFailed: false, mayBeMigrated: false }],
    ['a failure without an intent is open', [result('a', 'failed', 'X')], { status: ['failed'], isPending: true, isFailed: true, mayBeMigrated: false }],
    ['rolled back is rolled back', [intent('a'), result('a', 'migrated'), result('a', 'rolled-back')], { status: ['rolledBack'], isPending: false, mayBeMigrated: false }],
    ['a new intent after a rollback begins anew', [intent('a'), result('a', 'migrated'), result('a', 'rolled-back'), intent('a')], { status: ['unsettled'], isPending: true, mayBeMigrated: true }],
    ['a file that could not be read is settled by one of its lines', [result('a', 'failed', 'X'), intent('a#L3', { container: 'a', line: 3 }), result('a#L3', 'migrated')], { status: ['migrated'], isPending: false, isFailed: false }],
    ['a file that could not be read is settled by an unchanged line too', [result('a', 'failed', 'X'), result('a#L1', 'unchanged')], { status: ['unchanged'], isPending: false }],
  ])('%s', async (_, entries, expected) => {
    expect(await wordOn(...entries)).toMatchObject(expected);
  });

  it('lists what needs somebody, with code and reason', async () => {
    const summary = await summarizeJournal(await journalOf(RUN, result('a', 'failed', 'STORE_DENIED'), intent('b'), result('b', 'quarantined', 'MAP_INVALID'), result('c', 'unchanged')));
    expect(statusOf(summary).findings).toEqual([
      { id: 'b', outcome: 'quarantined', code: 'MAP_INVALID', reason: 'because' },
      { id: 'a', outcome: 'failed', code: 'STORE_DENIED', reason: 'because' },
    ]);
  });
});

describe('the lock', () => {
  const lockedBy = async (content: string) => {
    const directory = temporaryDirectory();
    mkdirSync(directory, { recursive: true });
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
  ])('which is %s', async (_, content, expected) => {
    expect(await lockedBy(content)).toBe(expected);
  });
});
