import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { validateAgainst } from '../../src/bag/validate/validate-against.js';
import { nodeDisk } from '../../src/batch/disk.js';
import type { Disk } from '../../src/batch/disk.js';
import { Journal, JOURNAL_FILE } from '../../src/batch/journal.js';
import { LazyJournal } from '../../src/batch/lazy-journal.js';
import { codeOf } from '../store/outcomes.js';
import { handful } from './bags.js';
import { EffectLog, loggedDisk, loggedStore } from './effects.js';
import { END, kindsIn, result, RUN } from './journal-entries.js';
import { run } from './workbench.js';
import { filesBelow, temporaryDirectory, World } from './world.js';

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
  journal.append({
    ...END,
    totals: Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`total-${index}`, index])),
  });
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
  const text = log.effects.map(({ kind, path, bytes }) => ({
    kind,
    path,
    text: bytes === undefined ? '' : Buffer.from(bytes).toString('utf8'),
  }));
  const swaps = text.flatMap(({ kind, path }, at) =>
    kind === 'rename' || path.startsWith('s3://docs/') ? [{ path, at }] : [],
  );
  expect(swaps).toHaveLength(6);
  for (const { path, at } of swaps) {
    const document = JSON.stringify(path).slice(1, -1);
    const says = (...parts: string[]) =>
      text.findIndex(
        (effect) =>
          effect.kind === 'write' &&
          effect.text.split('\n').some((line) => [`"doc":"${document}`, ...parts].every((part) => line.includes(part))),
      );
    const intended = says('"kind":"intent"');
    expect(intended).toBeGreaterThan(-1);
    const synced = text.findIndex(
      ({ kind, path: file }, index) => index > intended && kind === 'sync' && file.endsWith(JOURNAL_FILE),
    );
    expect(synced).toBeLessThan(at);
    expect(says('"kind":"result"', '"outcome":"migrated"')).toBeGreaterThan(at);
  }
});

it('writes nothing that its schema refuses', async () => {
  const world = await World.with({
    ...handful(),
    'bad.json': Buffer.from('{"a":'),
    'empty.ndjson': Buffer.from('\n\n[1]\n'),
  });
  await run(world);
  const lines = readFileSync(join(world.journal, JOURNAL_FILE), 'utf8').trim().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(validateAgainst('journal.v1', JSON.parse(line)), line).toEqual([]);
});

/** A disk whose first sync waits. */
function gatedDisk(): { disk: Disk; open: () => void; reached: () => Promise<void> } {
  let open: () => void = () => undefined;
  let reach: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const openForAppend: Disk['openForAppend'] = async (path) => {
    const file = await nodeDisk.openForAppend(path);
    const sync = async () => {
      reach();
      await gate;
    };
    return { ...file, sync };
  };
  return { disk: { ...nodeDisk, openForAppend }, open, reached: () => reached };
}
