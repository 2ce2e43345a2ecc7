import { constants, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { devNull } from 'node:os';
import { dirname } from 'node:path';
import { messageOf, StateBagError, StoreError } from '../errors/index.js';
import { leftoverRemover } from '../locks/lock.js';

/** What replacing a file must keep. */
export interface FileOwnership {
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The effects that the batch run has on a disk, one method per effect, so that a test can crash the run before, after
 * and within each of them. Errors are Node's own.
 */
export interface Disk {
  /** A new file. `EEXIST` when the name is taken, be it by a link. */
  openForWrite(path: string, ownership?: FileOwnership): Promise<DiskFile>;
  openForAppend(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /**
   * Removes what killed runs left in a directory, the first time that it is asked to. Never fails for what it finds
   * there.
   */
  removeLeftovers(directory: string): Promise<void>;
  /** Makes a rename in this directory outlast a power cut. */
  syncDirectory(path: string): Promise<void>;
}

export interface DiskFile {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  /** True when the path, a link not followed, names this very file. */
  isAt(path: string): Promise<boolean>;
  close(): Promise<void>;
}

function remove(path: string): Promise<void> {
  return rm(path, { force: true });
}

/** The real disk. */
export const nodeDisk: Disk = {
  openForWrite: async (path, ownership) => {
    const handle = await open(path, 'wx', ownership?.mode ?? 0o666);
    if (ownership) await takeOver(handle, ownership);
    return diskFile(handle);
  },
  openForAppend: async (path) =>
    diskFile(await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY, 0o666)),
  rename,
  remove,
  removeLeftovers: leftoverRemover(remove),
  syncDirectory: (path) => sharedSync(path),
};

const directorySyncs = new Map<string, { readonly commit: GroupCommit; waiting: number }>();

/** One sync for all renames in a directory that are waiting for one. */
async function sharedSync(path: string): Promise<void> {
  const shared = directorySyncs.get(path) ?? { commit: new GroupCommit(() => syncNow(path)), waiting: 0 };
  directorySyncs.set(path, shared);
  shared.waiting++;
  try {
    await shared.commit.request();
  } finally {
    shared.waiting--;
    if (shared.waiting === 0) directorySyncs.delete(path);
  }
}

async function syncNow(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function diskFile(handle: FileHandle): DiskFile {
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
    },
    sync: () => handle.datasync(),
    isAt: (path) => isSameFile(handle, path),
    close: () => handle.close(),
  };
}

async function isSameFile(handle: FileHandle, path: string): Promise<boolean> {
  try {
    const [file, named] = await Promise.all([handle.stat({ bigint: true }), lstat(path, { bigint: true })]);
    return file.dev === named.dev && file.ino === named.ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function takeOver(handle: FileHandle, ownership: FileOwnership): Promise<void> {
  try {
    const { uid, gid } = await handle.stat();
    // Only root may give a file away; a run by another user keeps what it can, as `mv` does.
    if (process.geteuid?.() === 0 && (uid !== ownership.uid || gid !== ownership.gid)) {
      await handle.chown(ownership.uid, ownership.gid);
    }
    // Last, because a change of owner takes some of the bits away.
    await handle.chmod(ownership.mode);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function ownershipOf(path: string): Promise<FileOwnership> {
  const { mode, uid, gid } = await stat(path);
  return { mode: mode & 0o7777, uid, gid };
}

/**
 * Makes a directory and those above it where they are absent. Resolves to the ones that were made, the innermost first.
 * One is on disk once the one above is synced.
 */
export async function makeDirectories(directory: string, disk: Disk): Promise<readonly string[]> {
  let above: readonly string[] = [];
  try {
    // Not `recursive: true`: with that, Node reports a read-only file system as ENOENT.
    await mkdir(directory);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return [];
    if (!isCode(error, 'ENOENT') || dirname(directory) === directory) throw error;
    above = await makeDirectories(dirname(directory), disk);
    await mkdir(directory).catch((again: unknown) => {
      if (!isCode(again, 'EEXIST')) throw again;
    });
  }
  await disk.syncDirectory(dirname(directory));
  return [directory, ...above];
}

/**
 * `a pipe`, `a socket` or `a device`; `undefined` for a file, for a directory, and for the null device, which reads as
 * an empty file.
 */
export function describeSpecialFile(stats: Stats): string | undefined {
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  const isDevice = stats.isBlockDevice() || (stats.isCharacterDevice() && stats.rdev !== statSync(devNull).rdev);
  return isDevice ? 'a device' : undefined;
}

export function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === code;
}

const CODES = {
  ENOENT: { code: 'FILE_NOT_FOUND', advice: 'it does not exist (any more)' },
  EACCES: { code: 'FILE_DENIED', advice: 'permission is missing' },
  EPERM: { code: 'FILE_DENIED', advice: 'permission is missing' },
  EROFS: { code: 'FILE_DENIED', advice: 'the file system is read-only; choose a place that can be written' },
  ENOSPC: { code: 'DISK_FULL', advice: 'no space is left' },
  EDQUOT: { code: 'DISK_FULL', advice: 'the quota is used up' },
  EISDIR: { code: 'FILE_INVALID', advice: 'it is a directory' },
  EMFILE: { code: 'DISK_BUSY', advice: 'too many files are open; lower --concurrency' },
} as const;

/** True of a file that is replaced by a rename. */
const UNCHANGED = 'this file was not changed; make room and run the same command again';

/**
 * Node's error about a file as one of the shim's, with the path and what to do. Errors of the shim pass. `whenFull`
 * says what a full disk means for the file.
 */
export function diskError(path: string, error: unknown, whenFull = UNCHANGED): StateBagError {
  if (error instanceof StateBagError) return error;
  const errno = (error as NodeJS.ErrnoException | null)?.code ?? '';
  const known = Object.hasOwn(CODES, errno) ? CODES[errno as keyof typeof CODES] : undefined;
  const { code, advice } = known ?? { code: 'DISK_ERROR' as const, advice: messageOf(error) };
  const text = code === 'DISK_FULL' ? `${advice}; ${whenFull}` : advice;
  return new StoreError(code, `${path}: ${text}`, { cause: error, context: { path } });
}

/** For `catch`. */
export function asDiskError(path: string): (error: unknown) => never {
  return (error) => {
    throw diskError(path, error);
  };
}

/**
 * An effect that many ask for and one carries out. Calls made while it runs share the next one, which begins after
 * what they did before. Once it has failed it is not tried again, and every later call fails with the same error.
 */
export class GroupCommit {
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly effect: () => Promise<void>) {}

  /** Resolves once an effect that began after this call has ended. */
  request(): Promise<void> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      this.running = this.effect();
      return this.running;
    });
    return this.next;
  }
}
