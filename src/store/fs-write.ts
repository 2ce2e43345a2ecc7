import fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { leftoverRemover } from '../locks/leftovers.js';
import { temporaryPathIn } from '../locks/own-names.js';
import { errnoOf } from './fs-errors.js';
import { withFileLock } from './fs-lock.js';
import type { ObjectAddress } from './object-store.js';
import { preconditionFailed } from './store-errors.js';

/** Shared by all stores of the process. */
const removeLeftovers = leftoverRemover((path) => fs.rm(path, { force: true }));

/**
 * Puts a whole file at `path` when nothing is there, and fails otherwise, in one step: `link()` refuses an existing
 * name, and the linked file is complete and on disk before it has that name.
 */
export async function createFile(path: string, bytes: Uint8Array, address: ObjectAddress): Promise<void> {
  if (await isTaken(path)) throw preconditionFailed(address, { ifAbsent: true });
  await withTempFile(path, bytes, async (temp) => {
    try {
      await fs.link(temp, path);
    } catch (error) {
      throw errnoOf(error) === 'EEXIST' ? preconditionFailed(address, { ifAbsent: true }, error) : error;
    }
  });
}

/**
 * Puts a whole file at `path`, over what is there. `check` runs right before the swap, under the lock, and may throw.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  address: ObjectAddress,
  check: () => Promise<void>,
): Promise<void> {
  await withTempFile(path, bytes, (temp) =>
    withFileLock(path, address, async () => {
      await check();
      await fs.rename(temp, path);
    }),
  );
}

/** Removes the file at `path`; `check` as above. */
export async function removeFile(path: string, address: ObjectAddress, check: () => Promise<void>): Promise<void> {
  await withFileLock(path, address, async () => {
    await check();
    await fs.unlink(path);
  });
  await syncDirectory(dirname(path));
}

async function withTempFile(path: string, bytes: Uint8Array, publish: (temp: string) => Promise<void>): Promise<void> {
  const directory = dirname(path);
  if (!(await makeDirectory(directory))) await removeLeftovers(directory);
  const temp = temporaryPathIn(directory);
  try {
    await writeDurably(temp, bytes);
    await publish(temp);
  } finally {
    await fs.rm(temp, { force: true });
  }
  await syncDirectory(directory);
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A name is on disk only once its directory is: so each directory made here is synced into the one above it. True when
 * the directory is new.
 */
async function makeDirectory(directory: string): Promise<boolean> {
  // Not `recursive: true`: with that, Node reports a read-only file system as ENOENT.
  const made = await tryMakeDirectory(directory);
  if (made !== undefined) return made;
  await makeDirectory(dirname(directory));
  return (await tryMakeDirectory(directory)) ?? false;
}

/** False when the directory exists, undefined when the one above it is missing too. */
async function tryMakeDirectory(directory: string): Promise<boolean | undefined> {
  try {
    await fs.mkdir(directory);
    await syncDirectory(dirname(directory));
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return false;
    if (errno === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isTaken(path: string): Promise<boolean> {
  try {
    await fs.lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
