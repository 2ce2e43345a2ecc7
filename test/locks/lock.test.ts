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
import { tryLock } from '../../src/locks/lock.js';
import type { Lock, Obstacle } from '../../src/locks/lock.js';
import { isProvablyDead, thisOwner } from '../../src/locks/owner.js';
import { deadLock, deadOwner } from '../batch/world.js';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'statebag-lock-'));
  path = join(directory, 'a.lock');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const isHeld = (attempt: Lock | Obstacle): attempt is Lock => 'release' in attempt;
const [, start = '', pidNamespace = '', timeNamespace = '', ...boot] = thisOwner().split('-');
const ownerWith = (change: {
  pid?: number;
  start?: string;
  pidNamespace?: string;
  timeNamespace?: string;
  boot?: string;
}) => {
  const its = { pid: process.pid, start, pidNamespace, timeNamespace, boot: boot.join('-'), ...change };
  return `${its.pid}-${its.start}-${its.pidNamespace}-${its.timeNamespace}-${its.boot}`;
};
const lockOf = (owner: string, host = hostname()) => `${owner.split('-')[0]} ${host} ${owner} ${'0'.repeat(32)}\n`;
const otherBoot = '00000000-0000-4000-8000-000000000000';

describe('a lock', () => {
  it('names its holder, and leaves nothing after it is released', async () => {
    const lock = await tryLock(path);
    expect(readFileSync(path, 'utf8')).toMatch(
      new RegExp(`^${process.pid} ${hostname()} ${thisOwner()} [0-9a-f]{32}\\n$`),
    );
    expect(readdirSync(directory)).toEqual(['a.lock']);
    expect(await tryLock(path)).toHaveProperty('obstacle');
    if (isHeld(lock)) await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not released by a holder that it no longer belongs to', async () => {
    const lock = await tryLock(path);
    writeFileSync(path, deadLock());
    if (isHeld(lock)) await lock.release();
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    ['of a process that does not exist', deadLock()],
    ['of an earlier process with the number of this one', lockOf(ownerWith({ start: '1' }))],
  ])('%s is taken over', async (_, text) => {
    writeFileSync(path, text);
    const lock = await tryLock(path);
    expect(isHeld(lock)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(thisOwner());
    expect(readdirSync(directory)).toEqual(['a.lock']);
  });

  it.each([
    ['of this process', lockOf(thisOwner())],
    ['of another boot', lockOf(ownerWith({ pid: 99_999_999, boot: otherBoot }))],
    ['of another PID namespace', lockOf(ownerWith({ pid: 99_999_999, pidNamespace: '1' }))],
    ['of another time namespace', lockOf(ownerWith({ start: '1', timeNamespace: '1' }))],
    ['of another host', lockOf(deadOwner(), 'another-host')],
    ['of a platform without /proc', lockOf('unknown')],
    ['of release 0.1.0', `99999999 ${hostname()}\n`],
    ['with half of its text', deadLock().slice(0, -2)],
    ['without text', ''],
    ['with other text', 'x'],
  ])('%s is respected, and the obstacle names the file', async (_, text) => {
    writeFileSync(path, text);
    expect(await tryLock(path)).toEqual({
      obstacle: expect.stringMatching(new RegExp(`^${path} .*remove this file$`)) as string,
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(directory)).toEqual(['a.lock']);
  });

  it('that is a directory or a link to nothing is respected', async () => {
    mkdirSync(path);
    expect(await tryLock(path)).toHaveProperty('obstacle');
    rmSync(path, { recursive: true });
    symlinkSync('nothing', path);
    expect(await tryLock(path)).toHaveProperty('obstacle');
    expect(readdirSync(directory)).toEqual(['a.lock']);
  });

  it('of a dead process is taken over by exactly one of many that try at once, again and again', async () => {
    for (let trial = 0; trial < 50; trial++) {
      writeFileSync(path, deadLock());
      const attempts = await Promise.all(Array.from({ length: 12 }, () => tryLock(path)));
      const held = attempts.filter(isHeld);
      expect(held).toHaveLength(1);
      expect(readdirSync(directory)).toEqual(['a.lock']);
      await held[0]!.release();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it('is taken over from a process that was killed while it took over', async () => {
    const first = deadLock();
    const second = deadLock();
    writeFileSync(path, first);
    writeFileSync(`${path}.${first.slice(-33, -1)}`, second);
    const lock = await tryLock(path);
    expect(isHeld(lock)).toBe(true);
    expect(readdirSync(directory)).toEqual(['a.lock']);
  });

  it('is respected while a living process takes it over', async () => {
    const dead = deadLock();
    writeFileSync(path, dead);
    writeFileSync(`${path}.${dead.slice(-33, -1)}`, lockOf(thisOwner()));
    expect(await tryLock(path)).toHaveProperty('obstacle');
    expect(readFileSync(path, 'utf8')).toBe(dead);
  });

  it('has one holder at a time while processes take it, release it and die with it', async () => {
    let inside = 0;
    let turns = 0;
    const contend = async () => {
      while (turns < 400) {
        const lock = await tryLock(path);
        if (!isHeld(lock)) continue;
        expect(++inside).toBe(1);
        turns++;
        await sleep(0);
        inside--;
        if (turns % 3 === 0) writeFileSync(path, deadLock());
        else await lock.release();
      }
    };
    await Promise.all(Array.from({ length: 6 }, contend));
    expect(turns).toBeGreaterThanOrEqual(400);
  });
});

it.runIf(process.platform === 'linux')(
  'an owner is read correctly when the name of its process has spaces and parentheses',
  () => {
    const title = process.title;
    process.title = 'a) R 1 (b';
    try {
      expect(isProvablyDead(thisOwner())).toBe(false);
      expect(isProvablyDead(ownerWith({ start: '1' }))).toBe(true);
    } finally {
      process.title = title;
    }
  },
);
