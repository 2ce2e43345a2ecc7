import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../errors.js';

/** The file in a journal directory that names its writer. */
export const JOURNAL_LOCK = 'journal.lock';

/** Locks this process holds: what else bears its number was left by a process that had the number before. */
const heldHere = new Set<string>();

/**
 * One writer a journal. The lock names its holder; a holder on this machine that is no longer alive (it was killed)
 * is succeeded. Throws `ConfigError` `JOURNAL_LOCKED`.
 */
export async function lockJournal(directory: string): Promise<() => Promise<void>> {
  const path = resolve(join(directory, JOURNAL_LOCK));
  if (!(await tryLock(path))) {
    if (await isHeld(path)) {
      throw new ConfigError('JOURNAL_LOCKED', `another run is writing ${directory}; wait for it, or remove ${path} when there is none`);
    }
    await rm(path, { force: true });
    if (!(await tryLock(path))) throw new ConfigError('JOURNAL_LOCKED', `another run has just begun to write ${directory}`);
  }
  heldHere.add(path);
  return async () => {
    await rm(path, { force: true });
    heldHere.delete(path);
  };
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(`${process.pid} ${hostname()}\n`).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isHeld(path: string): Promise<boolean> {
  const [pid, host] = (await readHolder(path)).trim().split(' ');
  if (host !== undefined && host !== hostname()) return true;
  return Number(pid) === process.pid ? heldHere.has(path) : isAlive(Number(pid));
}

const LOOKS = 10;
const MS_BETWEEN_LOOKS = 20;

/** An empty lock is one in the making, or its maker was killed in that very moment: it is given time to be filled. */
async function readHolder(path: string): Promise<string> {
  for (let look = 1; ; look++) {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'released';
      throw error;
    });
    if (text !== '' || look === LOOKS) return text;
    await sleep(MS_BETWEEN_LOOKS);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
