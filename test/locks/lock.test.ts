import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/sources/disk.js';
import { Journal } from '../../src/journal/journal.js';
import { StateBagError } from 'statebag-shim';
import { deadLock, deadOwner, lockText, ownerWith } from './owners.js';

const opened = new Set<Journal>();
let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'statebag-lock-'));
  path = join(directory, 'journal.lock');
});
afterEach(async () => {
  for (const journal of opened) await journal.close();
  opened.clear();
  rmSync(directory, { recursive: true });
});

/** The lock that is tested is that of a journal: all locks of the tool are of one make. */
interface Lock {
  readonly release: () => Promise<void>;
}
type Attempt = Lock | { readonly obstacle: string };

async function tryLock(): Promise<Attempt> {
  try {
    const journal = await Journal.open(directory, nodeDisk);
    opened.add(journal);
    return {
      release: async () => {
        opened.delete(journal);
        await journal.close();
      },
    };
  } catch (error) {
    if (error instanceof StateBagError && error.code === 'JOURNAL_LOCKED') return { obstacle: error.message };
    throw error;
  }
}

const isHeld = (attempt: Attempt): attempt is Lock => 'release' in attempt;
const locksIn = () => readdirSync(directory).filter((name) => name !== 'journal.ndjson');
const thisOwner = () => ownerWith();
const otherBoot = '00000000-0000-4000-8000-000000000000';

describe('a lock', () => {
  it('names its holder, and leaves nothing after it is released', async () => {
    const lock = await tryLock();
    expect(readFileSync(path, 'utf8')).toMatch(
      new RegExp(`^${process.pid} ${hostname()} ${thisOwner()} [0-9a-f]{32}\\n$`),
    );
    expect(locksIn()).toEqual(['journal.lock']);
    expect(await tryLock()).toHaveProperty('obstacle');
    if (isHeld(lock)) await lock.release();
    expect(locksIn()).toEqual([]);
  });

  it('is not released by a holder that it no longer belongs to', async () => {
    const lock = await tryLock();
    writeFileSync(path, deadLock());
    if (isHeld(lock)) await lock.release();
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    ['of a process that does not exist', deadLock()],
    ['of an earlier process with the number of this one', lockText(ownerWith({ start: '1' }))],
  ])('%s is taken over', async (_, text) => {
    writeFileSync(path, text);
    const lock = await tryLock();
    expect(isHeld(lock)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(thisOwner());
    expect(locksIn()).toEqual(['journal.lock']);
  });

  it.each([
    ['of this process', lockText(thisOwner())],
    ['of another boot', lockText(ownerWith({ pid: 99_999_999, boot: otherBoot }))],
    ['of another PID namespace', lockText(ownerWith({ pid: 99_999_999, pidNamespace: '1' }))],
    ['of another time namespace', lockText(ownerWith({ start: '1', timeNamespace: '1' }))],
    ['of another host', lockText(deadOwner(), 'another-host')],
    ['of a platform without /proc', lockText('unknown')],
    ['of release 0.1.0', `99999999 ${hostname()}\n`],
    ['with half of its text', deadLock().slice(0, -2)],
    ['without text', ''],
    ['with other text', 'x'],
  ])('%s is respected, and the obstacle names the file', async (_, text) => {
    writeFileSync(path, text);
    expect(await tryLock()).toEqual({
      obstacle: expect.stringMatching(new RegExp(`${path} .*remove this file$`)) as string,
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(locksIn()).toEqual(['journal.lock']);
  });

  it('that is a directory or a link to nothing is respected', async () => {
    mkdirSync(path);
    expect(await tryLock()).toHaveProperty('obstacle');
    rmSync(path, { recursive: true });
    symlinkSync('nothing', path);
    expect(await tryLock()).toHaveProperty('obstacle');
    expect(locksIn()).toEqual(['journal.lock']);
  });

  it('of a dead process is taken over by exactly one of many that try at once, again and again', async () => {
    for (let trial = 0; trial < 50; trial++) {
      writeFileSync(path, deadLock());
      const attempts = await Promise.all(Array.from({ length: 12 }, () => tryLock()));
      const held = attempts.filter(isHeld);
      expect(held).toHaveLength(1);
      expect(locksIn()).toEqual(['journal.lock']);
      await held[0]!.release();
      expect(locksIn()).toEqual([]);
    }
  });

  it('is taken over from a process that was killed while it took over', async () => {
    const first = deadLock();
    const second = deadLock();
    writeFileSync(path, first);
    writeFileSync(`${path}.${first.slice(-33, -1)}`, second);
    const lock = await tryLock();
    expect(isHeld(lock)).toBe(true);
    expect(locksIn()).toEqual(['journal.lock']);
  });

  it('is respected while a living process takes it over', async () => {
    const dead = deadLock();
    writeFileSync(path, dead);
    writeFileSync(`${path}.${dead.slice(-33, -1)}`, lockText(thisOwner()));
    expect(await tryLock()).toHaveProperty('obstacle');
    expect(readFileSync(path, 'utf8')).toBe(dead);
  });

  it('has one holder at a time while processes take it, release it and die with it', async () => {
    let inside = 0;
    let turns = 0;
    const contend = async () => {
      while (turns < 400) {
        const lock = await tryLock();
        if (!isHeld(lock)) continue;
        expect(++inside).toBe(1);
        turns++;
        await sleep(0);
        inside--;
        // One that dies leaves a lock that is not its own any more, and releases nothing.
        if (turns % 3 === 0) writeFileSync(path, deadLock());
        await lock.release();
      }
    };
    await Promise.all(Array.from({ length: 6 }, contend));
    expect(turns).toBeGreaterThanOrEqual(400);
  });
});

it.runIf(process.platform === 'linux')(
  'a lock is judged correctly when the name of its process has spaces and parentheses',
  async () => {
    const title = process.title;
    process.title = 'a) R 1 (b';
    try {
      writeFileSync(path, lockText(thisOwner()));
      expect(await tryLock()).toHaveProperty('obstacle');
      writeFileSync(path, lockText(ownerWith({ start: '1' })));
      const lock = await tryLock();
      expect(isHeld(lock)).toBe(true);
      if (isHeld(lock)) await lock.release();
    } finally {
      process.title = title;
    }
  },
);
