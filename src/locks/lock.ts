import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isLockName,
  isOfThisMachine,
  isProvablyDead,
  isUnfinishedName,
  ownerOfTemporary,
  temporaryPathIn,
  thisOwner,
} from './owner.js';

/** `PID HOST OWNER TOKEN`. Release 0.1.0 wrote the first two words only; they are for people, too. */
const HOLDER = /^(\d+) (\S+)(?: (\S+) ([0-9a-f]{32}))?\n$/;

/** Each round but the last was lost to another process. More of them mean that something else keeps the name taken. */
const MAX_ROUNDS = 100;

const PAUSE_MS = 5;

/** A lock file, or the claim of the process that takes over a lock file. */
interface Link {
  readonly path: string;
  readonly text: string;
}

interface Lock {
  /** Removes the lock if it still is the one that was taken. Never throws: the next process takes over what is left. */
  readonly release: () => Promise<void>;
}

/** Why a lock cannot be taken, as a clause about the lock file. */
interface Obstacle {
  readonly obstacle: string;
}

/**
 * Takes the lock file at `path`, or says why it cannot be taken. A lock appears with its whole content. It is taken
 * over only from a holder that is provably dead, and by one process: the one that creates the file named after the
 * dead holder's token. A process killed right after that is a dead holder in its turn, and is followed in the same way.
 */
export async function tryLock(path: string): Promise<Lock | Obstacle> {
  const text = `${process.pid} ${hostname()} ${thisOwner()} ${randomBytes(16).toString('hex')}\n`;
  const draft = await writeDraft(dirname(path), text);
  try {
    // Nearly always the name is free.
    if (await tryCreate(path, draft, text)) return heldBy(path, text);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const chain = await readChain(path);
      const last = chain.at(-1);
      if (last && !isAbandoned(last.text)) return { obstacle: obstacleOf(last) };
      const place = claimOf(path, last?.text) ?? path;
      if (!(await tryCreate(place, draft, text))) continue;
      if (!last || (await takeOver(path, place, text))) return heldBy(path, text);
    }
    return { obstacle: `${path} cannot be read or created; if it is a link, remove it` };
  } finally {
    // A lock that is held must not be lost to an error here. The draft is a temporary file like all others.
    await removeIfThere(draft).catch(() => undefined);
  }
}

/** As `tryLock`, but a lock that is taken is asked for again until `patienceMs` have passed. */
export async function waitForLock(path: string, patienceMs: number): Promise<Lock | Obstacle> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const lock = await tryLock(path);
    if ('release' in lock || Date.now() > giveUpAt) return lock;
    await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
}

function heldBy(path: string, text: string): Lock {
  return { release: () => release(path, text) };
}

/** True for the text of a lock whose holder can be proven to be dead. */
function isAbandoned(text: string): boolean {
  const [, , host, owner] = HOLDER.exec(text) ?? [];
  return owner !== undefined && host === hostname() && isProvablyDead(owner);
}

/** The lock and the claims on it, each the successor of the one before. The last one counts. */
async function readChain(path: string): Promise<readonly Link[]> {
  const chain: Link[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const text = await readIfThere(next);
    if (text === undefined) break;
    chain.push({ path: next, text });
    next = claimOf(path, text);
  }
  return chain;
}

/** Where the successor of a holder is named. Undefined for a holder without a token, which has none. */
function claimOf(path: string, text = ''): string | undefined {
  const token = HOLDER.exec(text)?.[4];
  return token === undefined ? undefined : `${path}.${token}`;
}

/** False when the lock that was claimed had been given back by a process that claimed it earlier. */
async function takeOver(path: string, claim: string, text: string): Promise<boolean> {
  const chain = await readChain(path);
  if (chain.at(-1)?.text !== text) {
    await removeIfThere(claim);
    return false;
  }
  await rename(claim, path);
  for (const earlier of chain.slice(1, -1)) await removeIfThere(earlier.path);
  return true;
}

async function release(path: string, text: string): Promise<void> {
  try {
    if ((await readIfThere(path)) === text) await removeIfThere(path);
  } catch {
    return;
  }
}

async function writeDraft(directory: string, text: string): Promise<string> {
  const draft = temporaryPathIn(directory);
  try {
    await writeFile(draft, text, { flag: 'wx' });
    return draft;
  } catch (error) {
    // A full disk leaves an empty file.
    await removeIfThere(draft);
    throw error;
  }
}

/** With fewer calls to the system than `rm` makes. */
async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** False when the name is taken. Without hard links a reader may see half of the text, which names no dead holder. */
async function tryCreate(place: string, draft: string, text: string): Promise<boolean> {
  try {
    await link(draft, place).catch((error: unknown) => {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      return writeFile(place, text, { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What cannot be read is a lock all the same, of a holder that is not known. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'EISDIR', 'ELOOP']);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    // A pipe would be waited for, for ever.
    if (!(await stat(path)).isFile()) return '';
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT') return undefined;
    if (UNREADABLE.has(code)) return '';
    throw error;
  }
}

function obstacleOf({ path, text }: Link): string {
  const [, pid, host] = HOLDER.exec(text) ?? [];
  if (pid === undefined) return `${path} does not name the process that made it; if no run uses it, remove this file`;
  return `${path} names process ${pid} on ${host}; if that process has ended, remove this file`;
}

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
