import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GroupCommit } from './group-commit.js';

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
  /** A new file, in the place of one that is there. */
  openForWrite(path: string, ownership?: FileOwnership): Promise<DiskFile>;
  openForAppend(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes a rename in this directory outlast a power cut. */
  syncDirectory(path: string): Promise<void>;
}

export interface DiskFile {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The real disk. */
export const nodeDisk: Disk = {
  openForWrite: async (path, ownership) => {
    const handle = await create(path, ownership?.mode ?? 0o666);
    if (ownership) await takeOver(handle, ownership);
    return diskFile(handle);
  },
  openForAppend: async (path) => diskFile(await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY, 0o666)),
  rename,
  remove: (path) => rm(path, { force: true }),
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

/**
 * What a killed run left is removed, never written into: another process may still hold it open, and a link planted
 * in its place would lead the bytes elsewhere.
 */
async function create(path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(path, 'wx', mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await rm(path);
    return open(path, 'wx', mode);
  }
}

function diskFile(handle: FileHandle): DiskFile {
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
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

/** Renames over a file and makes it last. */
export async function renameDurably(disk: Disk, from: string, to: string): Promise<void> {
  await disk.rename(from, to);
  await disk.syncDirectory(dirname(to));
}
