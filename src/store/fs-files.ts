import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Dirent, Stats } from 'node:fs';
import fs from 'node:fs/promises';
import { join, sep } from 'node:path';
import { StateBagError, messageOf } from '../errors/index.js';
import { isLeftover, removeAbandonedLock, waitForLock } from '../locks/lock.js';
import { isLockName, isTemporaryName, lockPathOf } from '../locks/owner.js';
import { assertAddress, compareKeys, keyInvalid } from './address.js';
import type { Leftover, ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';
import type { StoreErrorCode } from './store-errors.js';

/** Longest file name of ext4, XFS, APFS and NTFS. */
const MAX_SEGMENT_BYTES = 255;
/** How release 0.1.0 named its locks. */
const OLD_LOCK = /^\.[0-9a-f]{64}\.statebag-lock$/;

/**
 * `<root>/<bucket>/<key>`, or `KEY_INVALID`. Every segment of the key becomes one directory entry below the bucket,
 * and none is empty, `.` or `..`: no key can name a place outside. Links that an operator made inside the root
 * are followed on purpose (a bucket on another disk); the driver itself never makes any.
 */
export function objectPath(root: string, address: ObjectAddress): string {
  assertAddress(address);
  const segments = [address.bucket, ...address.key.split('/')];
  for (const segment of segments) {
    const flaw = flawOfSegment(segment);
    if (flaw !== undefined) throw keyInvalid(address, flaw);
  }
  return join(root, ...segments);
}

function flawOfSegment(segment: string): string | undefined {
  if (segment === '') return 'a file cannot have an empty name (the key begins or ends with / or holds //)';
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `a segment is longer than ${MAX_SEGMENT_BYTES} bytes`;
  if (segment.includes(sep)) return `a segment holds ${sep}, which separates directories here`;
  return isOwnName(segment) ? 'the name is reserved for unfinished files and locks' : undefined;
}

/** True for unfinished files and locks, which no object can have as a name and `list` passes over. */
export function isOwnName(name: string): boolean {
  return isTemporaryName(name) || OLD_LOCK.test(name);
}

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EFBIG: 'STORE_FULL',
  EACCES: 'STORE_DENIED',
  EPERM: 'STORE_DENIED',
  EROFS: 'STORE_DENIED',
  // A file system without hard links cannot create a whole file and fail when it exists, in one step.
  ENOTSUP: 'STORE_DENIED',
  ENOSYS: 'STORE_DENIED',
  EMLINK: 'STORE_DENIED',
  // One key is a file where another needs a directory, which S3 can hold and a file system cannot.
  ENOTDIR: 'KEY_INVALID',
  EISDIR: 'KEY_INVALID',
  EEXIST: 'KEY_INVALID',
  ENOTEMPTY: 'KEY_INVALID',
  ENAMETOOLONG: 'KEY_INVALID',
  EILSEQ: 'KEY_INVALID',
  EINVAL: 'KEY_INVALID',
  ELOOP: 'KEY_INVALID',
};

/**
 * The port's error for whatever a file-system call threw. What is not in the table (EMFILE, ENFILE, EIO, ESTALE,
 * EBUSY …) says nothing about the key and may pass: `STORE_UNAVAILABLE`.
 */
export function fsError(error: unknown, verb: string, address: ObjectAddress): Error {
  if (error instanceof StateBagError) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return error instanceof Error ? error : new Error(messageOf(error));
  const code = CODES[errno] ?? 'STORE_UNAVAILABLE';
  return storeErrorOf(
    code,
    `Cannot ${verb} key ${address.key} of bucket ${address.bucket}: ${messageOf(error)}`,
    address,
    error,
  );
}

/** True for the answers that mean that no file lies at a path, of whatever kind the obstacle is. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '');
}

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

interface ListedFile {
  /** Relative to the directory listed, segments joined with `/`. */
  readonly key: string;
  readonly path: string;
}

/**
 * Regular files below `directory` whose key starts with `prefix`, in key order. Links are not followed: a link to a
 * directory above would list for ever.
 */
export async function* listFiles(directory: string, prefix: string, above = ''): AsyncGenerator<ListedFile> {
  for (const entry of await sortedEntries(directory)) {
    const key = above + entry.name;
    const path = join(directory, entry.name);
    if (entry.isDirectory() && mayHold(`${key}/`, prefix)) yield* listFiles(path, prefix, `${key}/`);
    else if (entry.isFile() && key.startsWith(prefix)) yield { key, path };
  }
}

function mayHold(folder: string, prefix: string): boolean {
  return folder.startsWith(prefix) || prefix.startsWith(folder);
}

/** A directory sorts as its name with `/`, because that is how every key below it goes on: `a.b` comes before `a/b`. */
async function sortedEntries(directory: string): Promise<Dirent[]> {
  const entries = (await readEntries(directory)).filter((entry) => !isOwnName(entry.name));
  const sortName = (entry: Dirent): string => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.sort((left, right) => compareKeys(sortName(left), sortName(right)));
}

async function readEntries(directory: string): Promise<Dirent[]> {
  try {
    return await fs.readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** What killed processes left below `directory`, under keys that start with `prefix`. */
export async function* listLeftovers(
  directory: string,
  prefix: string,
  unknownBefore: Date,
  above = '',
): AsyncGenerator<Leftover> {
  for (const entry of await readEntries(directory)) {
    const key = above + entry.name;
    const path = join(directory, entry.name);
    if (entry.isDirectory() && mayHold(`${key}/`, prefix)) yield* listLeftovers(path, prefix, unknownBefore, `${key}/`);
    else if (entry.isFile() && key.startsWith(prefix) && (await isLeftover(path, entry.name, unknownBefore))) {
      const stats = await fs.stat(path).catch(() => undefined);
      if (stats === undefined) continue;
      const remove = () => (isLockName(entry.name) ? removeAbandonedLock(path) : fs.rm(path, { force: true }));
      yield { key, size: stats.size, lastModified: stats.mtime, remove };
    }
  }
}

/** Size, time and hex SHA-256 of a file, read in chunks; undefined when it has gone since it was listed. */
export async function describeFile(
  path: string,
): Promise<{ readonly stats: Stats; readonly sha256: string } | undefined> {
  try {
    const stats = await fs.stat(path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) hash.update(chunk);
    return { stats, sha256: hash.digest('hex') };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** A holder needs about a millisecond. */
const PATIENCE_MS = 20_000;

/**
 * Runs `work` while no other process that uses this driver replaces or deletes the same file; POSIX has no conditional
 * rename. `WRITE_CONFLICT` when the lock stays taken. The lock of a process that is provably dead is taken over.
 */
export async function withFileLock(path: string, address: ObjectAddress, work: () => Promise<void>): Promise<void> {
  const lock = await waitForLock(lockPathOf(path), PATIENCE_MS);
  if ('obstacle' in lock) throw storeErrorOf('WRITE_CONFLICT', `The object stays locked: ${lock.obstacle}.`, address);
  try {
    await work();
  } finally {
    await lock.release();
  }
}

type KeyedQueue = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/** Runs tasks of one key one after another, in the order they came; other keys do not wait. */
export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = tails.get(key) ?? Promise.resolve();
    const result = before.then(task);
    // The tail only orders; the failure itself reaches the caller through `result`.
    const tail = result.then(ignore, ignore);
    tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}

function ignore(): undefined {
  return undefined;
}
