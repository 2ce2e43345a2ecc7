import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbsent, errnoOf } from './fs-errors.js';
import { tempPathIn } from './fs-path.js';
import type { ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';

/** A holder needs about a millisecond. One of another machine that took this long is held for dead. */
const STALE_AFTER_MS = 10_000;
const PATIENCE_MS = 20_000;
const PAUSE_MS = 5;

/**
 * Runs `work` while no other process that uses this driver replaces or deletes the same file; POSIX has no conditional
 * rename. `WRITE_CONFLICT` when the lock stays taken. The lock of a killed process is taken over.
 */
export async function withFileLock(path: string, address: ObjectAddress, work: () => Promise<void>): Promise<void> {
  const lock = lockPathOf(path);
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > giveUpAt) throw storeErrorOf('WRITE_CONFLICT', `Another process holds ${lock}.`, address);
    await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
  try {
    await work();
  } finally {
    await fs.rm(lock, { force: true });
  }
}

/** Hidden, of bounded length, and among the names that no object can have. */
function lockPathOf(path: string): string {
  const digest = createHash('sha256').update(basename(path)).digest('hex');
  return join(dirname(path), `.${digest}.statebag-lock`);
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await makeLock(lock);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    await removeIfAbandoned(lock);
    return false;
  }
}

async function makeLock(lock: string): Promise<void> {
  const handle = await fs.open(lock, 'wx');
  try {
    await handle.writeFile(`${hostname()} ${process.pid}`);
  } catch (error) {
    // A full disk: without its holder's name the lock would stand in the way until it is old.
    await fs.rm(lock, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function removeIfAbandoned(lock: string): Promise<void> {
  try {
    const seen = await fs.stat(lock);
    if (!isAbandoned(await fs.readFile(lock, 'utf8'), Date.now() - seen.mtimeMs)) return;
    // By renaming, only one of those who saw it abandoned removes it; a lock taken since is given back.
    const aside = tempPathIn(dirname(lock));
    await fs.rename(lock, aside);
    if ((await fs.stat(aside)).ino !== seen.ino) await fs.link(aside, lock);
    await fs.rm(aside, { force: true });
  } catch (error) {
    if (!isAbsent(error) && errnoOf(error) !== 'EEXIST') throw error;
  }
}

function isAbandoned(holder: string, ageMs: number): boolean {
  if (ageMs > STALE_AFTER_MS) return true;
  const [host, pid] = holder.split(' ');
  return host === hostname() && pid !== undefined && pid !== '' && !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    return errnoOf(error) !== 'ESRCH';
  }
}
