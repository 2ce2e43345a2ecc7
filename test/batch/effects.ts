import {
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../../src/sources/disk.js';
import { leftoverRemover } from '../../src/locks/lock.js';
import type { RowTable } from '../../src/sources/dynamodb/port.js';
import type { ObjectStore } from '../../src/store/index.js';

/** What a process that is no longer there "throws": every effect from the crash on. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

/**
 * When the process dies, relative to the chosen effect. `torn`: half of the bytes were written. `power`: after the
 * effect, and with the process goes everything that was written and never synced.
 */
export const CRASH_MODES = ['before', 'after', 'torn', 'power'] as const;
export type CrashMode = (typeof CRASH_MODES)[number];

export interface Crash {
  /** 1-based number of the effect. */
  readonly at: number;
  readonly mode: CrashMode;
}

/** One effect on a disk or a store, for assertions about their order. */
export interface Effect {
  readonly kind:
    'create' | 'append' | 'write' | 'sync' | 'rename' | 'remove' | 'sync-directory' | 'put' | 'delete' | 'update';
  readonly path: string;
  readonly bytes?: Uint8Array;
}

/** Effects that an ordinary failure befalls: the process lives on. */
export type DiskFault = (effect: Effect) => 'ENOSPC' | 'EACCES' | undefined;

/** Counts the effects of a run on its disk and its store, and ends the run at one of them. */
export class EffectLog {
  readonly effects: Effect[] = [];
  private dead = false;
  private readonly files = new Set<LoggedFile>();

  constructor(
    private readonly crash?: Crash,
    readonly fault: DiskFault = () => undefined,
  ) {}

  get isDead(): boolean {
    return this.dead;
  }

  /** Runs one effect, or dies before, within or after it. `tear` does half of it. */
  async run<T>(effect: Effect, whole: () => T | Promise<T>, tear?: () => void): Promise<T> {
    if (this.dead) throw new CrashError('the process is gone');
    this.effects.push(effect);
    const mode = this.crash?.at === this.effects.length ? this.crash.mode : undefined;
    if (mode === 'torn') tear?.();
    if (mode === 'before' || mode === 'torn') this.die();
    const code = this.fault(effect);
    if (code !== undefined) {
      if (code === 'ENOSPC') tear?.();
      throw Object.assign(new Error(`${code}: injected at ${effect.kind} ${effect.path}`), { code });
    }
    const result = await whole();
    if (mode === 'power') this.cutPower();
    if (mode !== undefined) this.die();
    return result;
  }

  register(file: LoggedFile): void {
    this.files.add(file);
  }

  renamed(from: string, to: string): void {
    for (const file of this.files) if (file.path === from) file.path = to;
  }

  removed(path: string): void {
    for (const file of this.files) if (file.path === path) this.files.delete(file);
  }

  /** Names in this directory are on the disk from now on. */
  directorySynced(path: string): void {
    for (const file of this.files) if (dirname(file.path) === path) file.isNamed = true;
  }

  private cutPower(): void {
    for (const file of this.files) file.loseUnsynced();
  }

  private die(): never {
    this.dead = true;
    for (const file of this.files) file.closeQuietly();
    throw new CrashError(`the process died at effect ${this.effects.length}`);
  }
}

/** A file through the log. Syncs are counted and not done: what a power cut takes is simulated. */
class LoggedFile implements DiskFile {
  private synced: number;
  private isOpen = true;

  constructor(
    private readonly log: EffectLog,
    public path: string,
    private readonly descriptor: number,
    private length: number,
    /** Its name would outlast a power cut. */
    public isNamed: boolean,
  ) {
    this.synced = length;
    log.register(this);
  }

  write(bytes: Uint8Array): Promise<void> {
    const put = (part: Uint8Array) => {
      for (let done = 0; done < part.length;) done += writeSync(this.descriptor, part, done);
      this.length += part.length;
    };
    const half = () => {
      put(bytes.subarray(0, bytes.length >> 1));
    };
    return this.log.run(
      { kind: 'write', path: this.path, bytes: Uint8Array.from(bytes) },
      () => {
        put(bytes);
      },
      half,
    );
  }

  sync(): Promise<void> {
    return this.log.run({ kind: 'sync', path: this.path }, () => {
      this.synced = this.length;
    });
  }

  /** Not an effect: it only looks. */
  isAt(path: string): Promise<boolean> {
    const named = lstatSync(path, { throwIfNoEntry: false });
    const isSame = this.isOpen && fstatSync(this.descriptor).ino === named?.ino;
    return Promise.resolve(isSame);
  }

  /** Not an effect: it changes nothing on the disk. */
  close(): Promise<void> {
    if (!this.isOpen && !this.log.isDead) return Promise.reject(new Error('closed twice'));
    this.closeQuietly();
    return Promise.resolve();
  }

  closeQuietly(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }

  loseUnsynced(): void {
    if (!this.isNamed) rmSync(this.path);
    else if (this.synced === this.length) return;
    else if (this.isOpen) ftruncateSync(this.descriptor, this.synced);
    else truncateSync(this.path, this.synced);
  }
}

/** The real disk through the log. */
export function loggedDisk(log: EffectLog): Disk {
  const create = (path: string, mode: number | undefined) => {
    const descriptor = openSync(path, 'wx', mode ?? 0o666);
    // Whether a file in the making keeps its name matters to nobody.
    return new LoggedFile(log, path, descriptor, 0, true);
  };
  const remove = (path: string) =>
    log.run({ kind: 'remove', path }, async () => {
      await rm(path, { force: true });
      log.removed(path);
    });
  return {
    openForWrite: (path, ownership) => log.run({ kind: 'create', path }, () => create(path, ownership?.mode)),
    openForAppend: (path) =>
      log.run({ kind: 'append', path }, () => {
        const size = statSync(path, { throwIfNoEntry: false })?.size;
        return new LoggedFile(log, path, openSync(path, 'a'), size ?? 0, size !== undefined);
      }),
    rename: (from, to) =>
      log.run({ kind: 'rename', path: to }, async () => {
        await rename(from, to);
        log.renamed(from, to);
      }),
    remove,
    removeLeftovers: leftoverRemover(remove),
    syncDirectory: (path) =>
      log.run({ kind: 'sync-directory', path }, () => {
        log.directorySynced(path);
      }),
  };
}

/** A store through the same log. Reads are no effects, but a dead process cannot read either. */
export function loggedStore(log: EffectLog, objects: ObjectStore): ObjectStore {
  const read = <T>(work: () => Promise<T>): Promise<T> =>
    log.isDead ? Promise.reject(new CrashError('the process is gone')) : work();
  return {
    description: objects.description,
    keepsAttributes: objects.keepsAttributes,
    get: (address, request) => read(() => objects.get(address, request)),
    list: (bucket, prefix, signal) => objects.list(bucket, prefix, signal),
    put: (address, bytes, request) =>
      log.run({ kind: 'put', path: `s3://${address.bucket}/${address.key}`, bytes }, () =>
        objects.put(address, bytes, request),
      ),
    delete: (address, request) =>
      log.run({ kind: 'delete', path: `s3://${address.bucket}/${address.key}` }, () =>
        objects.delete(address, request),
      ),
  };
}

/** A table through the same log. An update happens or does not; nothing of it can be torn. */
export function loggedTable(log: EffectLog, table: RowTable): RowTable {
  const read = <T>(work: () => Promise<T>): Promise<T> =>
    log.isDead ? Promise.reject(new CrashError('the process is gone')) : work();
  return {
    name: table.name,
    consumed: table.consumed,
    shape: (signal) => read(() => table.shape(signal)),
    scan: (part, signal) => table.scan(part, signal),
    query: (query, signal) => table.query(query, signal),
    get: (key, signal) => read(() => table.get(key, signal)),
    update: (key, update, signal) =>
      log.run({ kind: 'update', path: JSON.stringify(key) }, () => table.update(key, update, signal)),
  };
}
