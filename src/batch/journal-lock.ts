import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';

/**
 * One writer a journal. The lock names its holder; a holder on this machine that is no longer alive (it was killed)
 * is succeeded. Throws `ConfigError` `JOURNAL_LOCKED`.
 */
export async function lockJournal(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'journal.lock');
  if (!(await tryLock(path))) {
    if (await isHeld(path)) {
      throw new ConfigError('JOURNAL_LOCKED', `another run is writing ${directory}; wait for it, or remove ${path} when there is none`);
    }
    await rm(path, { force: true });
    if (!(await tryLock(path))) throw new ConfigError('JOURNAL_LOCKED', `another run has just begun to write ${directory}`);
  }
  return () => rm(path, { force: true });
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(`${process.pid} ${hostname()}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isHeld(path: string): Promise<boolean> {
  const [pid, host] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
  if (host !== undefined && host !== hostname()) return true;
  return isAlive(Number(pid));
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
