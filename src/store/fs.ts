import fs from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, StateBagError } from '../errors/index.js';
import { leftoverRemover } from '../locks/lock.js';
import { temporaryPathIn } from '../locks/owner.js';
import { sha256Hex, verifiedSha256 } from './address.js';
import { createBlobStore } from './blob-store.js';
import type { BlobStore, BlobStoreOptions } from './blob-store.js';
import {
  createKeyedQueue,
  describeFile,
  errnoOf,
  fsError,
  isAbsent,
  listFiles,
  listLeftovers,
  objectPath,
  withFileLock,
} from './fs-files.js';
import type {
  DeleteRequest,
  GetRequest,
  Leftover,
  ObjectAddress,
  ObjectStore,
  ObjectSummary,
  PutRequest,
  StoredObject,
} from './object-store.js';
import { objectNotFound, objectTooLarge, preconditionFailed, storeErrorOf } from './store-errors.js';
import { isWrittenSince } from './written-since.js';

export interface FsObjectStoreOptions {
  /** Directory that holds `<bucket>/<key>`; made on the first write. */
  readonly root: string;
}

/** Shared by all stores of the process, since two of them may have one root. */
const inOrder = createKeyedQueue();

/**
 * Objects as plain files. A version is the quoted SHA-256 of the content, so it survives copies, `touch` and backups;
 * `list` therefore reads every file it names.
 *
 * Creating (`ifAbsent`) is atomic between any processes. Replacing and deleting take turns by a lock file, so `ifMatch`
 * holds between all who use this driver; a program that writes the files itself is seen only up to the comparison
 * right before the rename, because POSIX has no conditional rename. Attributes are not kept.
 */
export function fsObjectStore(options: FsObjectStoreOptions): ObjectStore {
  if (options.root === '') throw new ConfigError('STORE_ROOT_EMPTY', 'The file-system store needs a root directory.');
  return new FsStore(resolve(options.root));
}

/** A claim-check store on `fsObjectStore`. */
export function fsBlobStore(options: Omit<BlobStoreOptions, 'objects'> & FsObjectStoreOptions): BlobStore {
  return createBlobStore({ ...options, objects: fsObjectStore(options) });
}

class FsStore implements ObjectStore {
  readonly description: string;
  readonly keepsAttributes = false;
  readonly #root: string;
  /** Directories whose names outlast a power cut, as far as this store knows. */
  readonly #synced = new Set<string>();

  constructor(root: string) {
    this.#root = root;
    this.description = `file://${root}`;
  }

  async get(address: ObjectAddress, request: GetRequest = {}): Promise<StoredObject> {
    request.signal?.throwIfAborted();
    const path = objectPath(this.#root, address);
    try {
      const { bytes, mtime } = await readObject(path, address, request.maxBytes);
      return { bytes, version: `"${sha256Hex(bytes)}"`, attributes: {}, lastModified: mtime };
    } catch (error) {
      if (error instanceof StateBagError) throw error;
      throw isAbsent(error) ? objectNotFound(address, error) : fsError(error, 'read', address);
    }
  }

  async put(address: ObjectAddress, bytes: Uint8Array, request: PutRequest = {}): Promise<string> {
    request.signal?.throwIfAborted();
    const path = objectPath(this.#root, address);
    const version = `"${verifiedSha256(address, bytes, request.sha256)}"`;
    try {
      await inOrder(path, () => write(path, bytes, address, request));
    } catch (error) {
      request.signal?.throwIfAborted();
      if (request.ifAbsent === true && isRefusal(error)) await this.#syncFolders(dirname(path), address);
      throw fsError(error, 'write', address);
    }
    return version;
  }

  /**
   * The writer of a file that is there may have ended before it synced the folders that name it. A caller that uses the
   * file may depend on it next, so they are synced here, each once.
   */
  async #syncFolders(folder: string, address: ObjectAddress): Promise<void> {
    try {
      for (let at = folder; !this.#synced.has(at); at = dirname(at)) {
        await syncDirectory(at);
        this.#synced.add(at);
        if (at === this.#root) return;
      }
    } catch (error) {
      throw fsError(error, 'write', address);
    }
  }

  async *list(bucket: string, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectSummary> {
    try {
      for await (const file of listFiles(this.#bucketPath(bucket), prefix)) {
        signal?.throwIfAborted();
        const found = await describeFile(file.path);
        if (found === undefined) continue;
        yield {
          bucket,
          key: file.key,
          size: found.stats.size,
          version: `"${found.sha256}"`,
          lastModified: found.stats.mtime,
        };
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw fsError(error, 'list', { bucket, key: prefix });
    }
  }

  async *leftovers(
    bucket: string,
    prefix: string,
    unknownBefore: Date,
    signal?: AbortSignal,
  ): AsyncGenerator<Leftover> {
    try {
      for await (const leftover of listLeftovers(this.#bucketPath(bucket), prefix, unknownBefore)) {
        signal?.throwIfAborted();
        yield leftover;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw fsError(error, 'list', { bucket, key: prefix });
    }
  }

  /** Any key serves: the name of the bucket is checked as part of an address. */
  #bucketPath(bucket: string): string {
    return dirname(objectPath(this.#root, { bucket, key: 'x' }));
  }

  async delete(address: ObjectAddress, request: DeleteRequest = {}): Promise<void> {
    request.signal?.throwIfAborted();
    const path = objectPath(this.#root, address);
    try {
      await inOrder(path, () => remove(path, address, request));
    } catch (error) {
      if (!isAbsent(error)) throw fsError(error, 'delete', address);
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StateBagError && error.code === 'PRECONDITION_FAILED';
}

async function readObject(path: string, address: ObjectAddress, maxBytes: number | undefined) {
  const stats = await fs.stat(path);
  // A pipe or a device never ends, and opening one may wait for ever. A directory has its own error.
  if (!stats.isFile() && !stats.isDirectory())
    throw storeErrorOf('STORE_REJECTED', `Key ${address.key} of bucket ${address.bucket} is not a file.`, address);
  if (maxBytes === undefined) return { bytes: await fs.readFile(path), mtime: stats.mtime };
  if (stats.size > maxBytes && stats.isFile()) throw objectTooLarge(address, maxBytes, stats.size);
  const handle = await fs.open(path);
  try {
    return { bytes: await readUpTo(handle, stats.size, address, maxBytes), mtime: stats.mtime };
  } finally {
    await handle.close();
  }
}

/** The whole file. It may have grown since its size was read, so the limit holds while reading as well. */
async function readUpTo(
  handle: fs.FileHandle,
  size: number,
  address: ObjectAddress,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.max(size - read, 0) + 1);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, read);
    read += bytesRead;
    if (read > maxBytes) throw objectTooLarge(address, maxBytes);
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

async function write(path: string, bytes: Uint8Array, address: ObjectAddress, request: PutRequest): Promise<void> {
  request.signal?.throwIfAborted();
  if (request.ifAbsent === true) return createFile(path, bytes, address);
  return replaceFile(path, bytes, address, () => assertVersion(path, address, request.ifMatch));
}

async function remove(
  path: string,
  address: ObjectAddress,
  { ifMatch, unmodifiedSince }: DeleteRequest,
): Promise<void> {
  // What is absent needs no lock, and has perhaps no directory to put one in.
  await fs.access(path);
  return removeFile(path, address, async () => {
    const { mtime } = await fs.stat(path);
    if (isWrittenSince(mtime, unmodifiedSince)) throw preconditionFailed(address, {});
    await assertVersion(path, address, ifMatch);
  });
}

async function assertVersion(path: string, address: ObjectAddress, ifMatch: string | undefined): Promise<void> {
  if (ifMatch === undefined) return;
  const found = await describeFile(path);
  if (found === undefined || `"${found.sha256}"` !== ifMatch) throw preconditionFailed(address, {});
}

/** Shared by all stores of the process. */
const removeLeftovers = leftoverRemover((path) => fs.rm(path, { force: true }));

/**
 * Puts a whole file at `path` when nothing is there, and fails otherwise, in one step: `link()` refuses an existing
 * name, and the linked file is complete and on disk before it has that name.
 */
export async function createFile(path: string, bytes: Uint8Array, address: ObjectAddress): Promise<void> {
  if (await isTaken(path)) {
    // A process that was killed right after it had created this file left its own temporary one.
    await removeLeftovers(dirname(path));
    throw preconditionFailed(address, { ifAbsent: true });
  }
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
