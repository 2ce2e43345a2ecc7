import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
// Before the code under test, whose disk it replaces.
import { faultyDisk } from '../fakes/faulty-disk.js';
import { nodeDisk } from '../../src/sources/disk.js';
import type { Disk, DiskFile } from '../../src/sources/disk.js';
import { Journal } from '../../src/journal/journal.js';
import { codeOf as codeOfShim } from '../store/outcomes.js';
import { bag, handful } from './bags.js';
import { codeOf, CommandWorld, run } from './command-world.js';
import { JOURNAL_FILE, readJournal } from './journal-lines.js';
import { schemaErrors } from './published-schema.js';
import { filesBelow, NOW, temporaryDirectory } from './scratch.js';

type Entry = Parameters<Journal['append']>[0];

const entryOf = (run: string): Entry => ({ kind: 'end', run, at: NOW, totals: {}, complete: true });
const textOf = (directory: string) => readFileSync(join(directory, JOURNAL_FILE), 'utf8');
const lineOf = (run: string) =>
  `{"kind":"end","run":"${run}","at":"2026-02-01T02:00:00.000Z","totals":{},"complete":true}\n`;

/** The real disk, with another way to do one call on the journal. */
function diskWith(change: (file: DiskFile) => Partial<DiskFile>): Disk {
  const openForAppend: Disk['openForAppend'] = async (path) => {
    const file = await nodeDisk.openForAppend(path);
    return { ...file, ...change(file) };
  };
  return { ...nodeDisk, openForAppend };
}

it('an entry is on the disk after a flush and not before, as one line of JSON', async () => {
  const directory = join(temporaryDirectory(), 'a', 'b');
  const journal = await Journal.open(directory, nodeDisk);
  journal.append(entryOf('r1'));
  expect(textOf(directory)).toBe('');
  await journal.flush();
  expect(textOf(directory)).toBe(lineOf('r1'));
  await journal.close();
  expect(filesBelow(directory)).toEqual([JOURNAL_FILE]);
});

it('flushes at the same time share one sync, and each covers the entry of its caller', async () => {
  let syncs = 0;
  const directory = temporaryDirectory();
  const journal = await Journal.open(
    directory,
    diskWith((file) => ({
      sync: () => {
        syncs++;
        return file.sync();
      },
    })),
  );
  const flushes = Array.from({ length: 100 }, async (_, index) => {
    await Promise.resolve();
    journal.append(entryOf(`d${index}`));
    await journal.flush();
    return textOf(directory).includes(`"d${index}"`);
  });
  expect((await Promise.all(flushes)).every(Boolean)).toBe(true);
  await journal.close();
  expect(syncs).toBeLessThan(10);
  expect(textOf(directory)).toBe(Array.from({ length: 100 }, (_, index) => lineOf(`d${index}`)).join(''));
});

it('an entry that is appended while a flush runs is covered by the next flush', async () => {
  let open: () => void = () => undefined;
  let reach: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const directory = temporaryDirectory();
  const journal = await Journal.open(
    directory,
    diskWith(() => ({
      sync: async () => {
        reach();
        await gate;
      },
    })),
  );
  journal.append(entryOf('r1'));
  const first = journal.flush();
  await reached;
  journal.append(entryOf('r2'));
  const second = journal.flush();
  expect(textOf(directory)).toBe(lineOf('r1'));
  open();
  await Promise.all([first, second]);
  expect(textOf(directory)).toBe(lineOf('r1') + lineOf('r2'));
  await journal.close();
});

it('a journal asks for a flush when about a megabyte waits', async () => {
  const journal = await Journal.open(temporaryDirectory(), nodeDisk);
  expect(journal.isFull).toBe(false);
  journal.append({
    kind: 'end',
    run: 'r1',
    at: NOW,
    complete: true,
    totals: Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`total-${index}`, index])),
  });
  expect(journal.isFull).toBe(true);
  await journal.flush();
  expect(journal.isFull).toBe(false);
  await journal.close();
});

it('a journal accepts nothing more after a write has failed, so that no entry is missing in its middle', async () => {
  let hasFailed = false;
  const directory = temporaryDirectory();
  const full = diskWith((file) => ({
    write: (bytes) => {
      if (hasFailed) return file.write(bytes);
      hasFailed = true;
      return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    },
  }));
  const journal = await Journal.open(directory, full);
  journal.append(entryOf('r1'));
  expect(await codeOfShim(journal.flush())).toBe('DISK_FULL');
  journal.append(entryOf('r2'));
  expect(await codeOfShim(journal.flush())).toBe('DISK_FULL');
  expect(await codeOfShim(journal.close())).toBe('DISK_FULL');
  expect(existsSync(join(directory, 'journal.lock'))).toBe(false);
  const next = await Journal.open(directory, nodeDisk);
  next.append(entryOf('r3'));
  await next.close();
  expect(textOf(directory)).toBe(lineOf('r3'));
});

it('a journal that could not be opened is not locked', async () => {
  const directory = temporaryDirectory();
  const refuse = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }));
  expect(await codeOfShim(Journal.open(directory, { ...nodeDisk, openForAppend: refuse }))).toBe('FILE_DENIED');
  await (await Journal.open(directory, nodeDisk)).close();
});

it('a run that changes nothing makes no journal', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1, 'foreign'), 'b.json': Buffer.from('{}') });
  expect((await run(world)).totals).toMatchObject({ documents: 2, unchanged: 2 });
  expect(existsSync(world.journal)).toBe(false);
});

it('a run makes one journal, keeps the order of all entries and removes its lock', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1), 'b.json': Buffer.from('{'), 'c.json': bag(2) });
  const disk = faultyDisk(world.directory);
  await run(world);
  const [a, b, c] = ['a.json', 'b.json', 'c.json'].map((name) => join(world.source, name));
  expect(readJournal(world).map(({ kind, doc, outcome }) => [kind, doc, outcome])).toEqual([
    ['run', undefined, undefined],
    ['intent', a, undefined],
    ['result', a, 'migrated'],
    ['result', b, 'quarantined'],
    ['intent', c, undefined],
    ['result', c, 'migrated'],
    ['end', undefined, undefined],
  ]);
  const opened = disk.calls.filter(({ kind, path }) => kind === 'append' && path.endsWith(JOURNAL_FILE));
  expect(opened).toHaveLength(1);
  expect(filesBelow(world.journal)).toEqual([JOURNAL_FILE]);
});

it('a run writes results before its end when many wait', async () => {
  const world = await CommandWorld.with({ 'a.ndjson': Buffer.from('{"broken"\n'.repeat(2_000)) });
  const disk = faultyDisk(world.journal);
  expect((await run(world, { concurrency: 4 })).totals).toMatchObject({ documents: 2_000, quarantined: 2_000 });
  const written = disk.calls.flatMap(({ kind, bytes }) => (kind === 'write' ? [bytes!.length] : []));
  expect(written.length).toBeGreaterThan(2);
  expect(Math.max(...written)).toBeLessThan(300_000);
  expect(readJournal(world)).toHaveLength(2_002);
});

it('a run holds a journal that is there from the start: a second run fails with JOURNAL_LOCKED', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  await run(world);
  await world.write('b.json', bag(2));
  const codes: string[] = [];
  faultyDisk(world.source, async ({ kind }) => {
    if (kind === 'create') codes.push(await codeOf(run(world)));
    return undefined;
  });
  expect((await run(world)).totals).toMatchObject({ migrated: 1, failed: 0 });
  expect(codes).toEqual(['JOURNAL_LOCKED']);
});

it('a run names the place where its journal cannot be made, and changes nothing', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  await expect(run(world, { journal: '/dev/null/journal' })).rejects.toMatchObject({
    exit: 2,
    message: expect.stringContaining('JOURNAL_INVALID: /dev/null/journal') as string,
  });
  expect(world.read('a.json')).toEqual(bag(1));
});

it('a run syncs intents before it replaces a document, and writes the result afterwards', async () => {
  const world = await CommandWorld.with(handful());
  const log: { readonly what: string; readonly text: string }[] = [];
  faultyDisk(world.directory, ({ kind, path, bytes }) => {
    const isJournal = path.endsWith(JOURNAL_FILE);
    if (isJournal) log.push({ what: `journal ${kind}`, text: Buffer.from(bytes ?? '').toString() });
    else if (kind === 'rename' && path.startsWith(world.source)) log.push({ what: 'swap', text: path });
    return undefined;
  });
  world.server.before(({ operation, bucket, key }) => {
    const isDocument = bucket === 'docs' && !key.includes('.statebag-probe-');
    if (operation === 'PutObject' && isDocument) log.push({ what: 'swap', text: `s3://docs/${key}` });
  });
  await run(world);
  const swaps = log.flatMap(({ what, text }, at) => (what === 'swap' ? [{ path: text, at }] : []));
  expect(swaps.map(({ path }) => path.replace(`${world.source}/`, '')).sort()).toEqual([
    'a.json',
    'b.json',
    'deep/er/c.json',
    'lines.ndjson',
    's3://docs/one.json',
    's3://docs/two.ndjson',
  ]);
  for (const { path, at } of swaps) {
    const says = (...parts: string[]) =>
      log.findIndex(
        ({ what, text }) =>
          what === 'journal write' &&
          text.split('\n').some((line) => [`"doc":"${path}`, ...parts].every((part) => line.includes(part))),
      );
    const intended = says('"kind":"intent"');
    expect(intended).toBeGreaterThan(-1);
    const synced = log.findIndex(({ what }, index) => index > intended && what === 'journal sync');
    expect(synced).toBeGreaterThan(intended);
    expect(synced).toBeLessThan(at);
    expect(says('"kind":"result"', '"outcome":"migrated"')).toBeGreaterThan(at);
  }
});

it('a run writes only lines that the published schema accepts', async () => {
  const world = await CommandWorld.with({
    ...handful(),
    'bad.json': Buffer.from('{"a":'),
    'empty.ndjson': Buffer.from('\n\n[1]\n'),
  });
  await run(world);
  const lines = readJournal(world);
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(schemaErrors('journal.v1', line), JSON.stringify(line)).toEqual([]);
});

it('a journal in a directory that exists makes no other file there', async () => {
  const directory = join(temporaryDirectory(), 'there');
  mkdirSync(directory);
  const journal = await Journal.open(directory, nodeDisk);
  journal.append(entryOf('r1'));
  await journal.close();
  expect(filesBelow(directory)).toEqual([JOURNAL_FILE]);
});

it('a run syncs its journal directory and each one above that it made, before it replaces a document', async () => {
  const world = await CommandWorld.with({ 'a.json': bag(1) });
  // Nothing else of the run syncs a directory here.
  const own = join(world.directory, 'journals');
  const made = join(own, 'made', 'deep');
  mkdirSync(own);
  const disk = faultyDisk(world.directory);
  await run(world, { journal: made });
  const swap = disk.calls.findIndex(({ kind, path }) => kind === 'rename' && path === join(world.source, 'a.json'));
  expect(swap).toBeGreaterThan(-1);
  const calls = disk.calls.slice(0, swap).filter(({ path }) => path.startsWith(own));
  // The name of a file or directory is in the one above it, so that one is synced after it was made.
  const opened = calls.findIndex(({ kind, path }) => kind === 'append' && path === join(made, JOURNAL_FILE));
  const synced = (from: number) =>
    calls.slice(from).flatMap(({ kind, path }) => (kind === 'sync-directory' ? path : []));
  expect(opened).toBeGreaterThan(-1);
  expect(synced(opened)).toContain(made);
  expect(synced(0)).toEqual(expect.arrayContaining([own, join(own, 'made')]));
});
