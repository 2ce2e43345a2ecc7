import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbandoned, readIfThere, tryLock } from './lock.js';
import { isLockName, isOfThisMachine, isProvablyDead, isUnfinishedName, ownerOfTemporary } from './owner.js';

/** Directories are remembered up to this number, so that a run over millions of them has a bounded memory. */
const MAX_REMEMBERED = 10_000;

/**
 * Removes what killed runs left in a directory: temporary files and locks whose owner is provably dead. A directory is
 * looked through once. A failure is ignored: leftovers cost only space, and the next run tries again.
 */
export function leftoverRemover(remove: (path: string) => Promise<void>): (directory: string) => Promise<void> {
  const seen = new Set<string>();
  return async (directory) => {
    if (seen.has(directory)) return;
    if (seen.size === MAX_REMEMBERED) seen.clear();
    seen.add(directory);
    const names = await readdir(directory).catch(() => []);
    for (const name of names) {
      const owner = ownerOfTemporary(name);
      if (owner !== undefined && isProvablyDead(owner)) await remove(join(directory, name)).catch(() => undefined);
      else if (isLockName(name)) await removeAbandonedLock(join(directory, name));
    }
  };
}

/**
 * True for a file or lock that a process left behind when it ended. Where that cannot be proven, because the process
 * ran on another machine or before the last boot, or the name is of release 0.1.0, an unfinished file counts as left
 * behind when it was last written before `unknownBefore`; a lock never does. False for a file that has gone.
 */
export async function isLeftover(path: string, name: string, unknownBefore: Date): Promise<boolean> {
  if (isLockName(name)) return isAbandoned((await readIfThere(path)) ?? '');
  if (!isUnfinishedName(name)) return false;
  const owner = ownerOfTemporary(name);
  if (owner !== undefined && isOfThisMachine(owner)) return isProvablyDead(owner);
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && stats.mtime < unknownBefore;
}

/** By taking it over, as only one process can. A run that wants the lock at that moment waits for it. */
export async function removeAbandonedLock(path: string): Promise<void> {
  const text = await readIfThere(path).catch(() => undefined);
  if (text === undefined || !isAbandoned(text)) return;
  const lock = await tryLock(path).catch(() => undefined);
  if (lock && 'release' in lock) await lock.release();
}
