import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished } from 'vitest';

/** A call that changes the disk. A lock is not among them: it is written in one call that this disk lets through. */
export interface DiskCall {
  readonly kind: 'create' | 'append' | 'write' | 'sync' | 'rename' | 'remove' | 'sync-directory';
  /** Of a rename the new name. */
  readonly path: string;
  readonly bytes?: Uint8Array;
}

/** The code that a call fails with before it has an effect. Without a code the call goes on. A promise holds it. */
export type DiskRule = (call: DiskCall) => string | undefined | Promise<string | undefined>;

export interface FaultyDisk {
  /** Every call so far, in the order in which the calls were made. */
  readonly calls: readonly DiskCall[];
  /** From now on the disk is healthy and nothing is recorded. */
  mend(): void;
}

interface Watch {
  readonly below: string;
  readonly rule: DiskRule;
  readonly calls: DiskCall[];
}

/** One for the process: each test file loads this module again, and the replaced functions stay. */
interface Shared {
  watch?: Watch | undefined;
}

const SHARED = Symbol.for('statebag-shim.test.faulty-disk');
const globals = globalThis as Record<symbol, Shared | undefined>;
const shared = (globals[SHARED] ??= install());

/**
 * The file system of this process below a directory, with faults, until the test ends. Commands have no option that
 * takes a disk. So the functions of `node:fs/promises` are replaced, once and before the code under test is loaded: the
 * suite names this file in `setupFiles`.
 */
export function faultyDisk(below: string, rule: DiskRule = () => undefined): FaultyDisk {
  const mine: Watch = { below, rule, calls: [] };
  shared.watch = mine;
  const mend = () => {
    if (shared.watch === mine) shared.watch = undefined;
  };
  onTestFinished(mend);
  return { calls: mine.calls, mend };
}

function install(): Shared {
  const shared: Shared = {};
  const { open, rename, rm } = fs;
  const made = (call: DiskCall) => makeCall(shared.watch, call);
  fs.open = async (path, flags, mode) => {
    const name = String(path);
    const kind = kindOf(flags);
    if (kind) await made({ kind, path: name });
    const handle = await open(path, flags, mode);
    return shared.watch ? watched(handle, name, kind === undefined, made) : handle;
  };
  fs.rename = async (from, to) => {
    await made({ kind: 'rename', path: String(to) });
    await rename(from, to);
  };
  fs.rm = async (path, options) => {
    await made({ kind: 'remove', path: String(path) });
    await rm(path, options);
  };
  syncBuiltinESMExports();
  return shared;
}

async function makeCall(watch: Watch | undefined, call: DiskCall): Promise<void> {
  if (!watch || !call.path.startsWith(watch.below)) return;
  watch.calls.push(call);
  const code = await watch.rule(call);
  if (code !== undefined) throw Object.assign(new Error(`${code}: injected at ${call.kind} ${call.path}`), { code });
}

function kindOf(flags: string | number | undefined): 'create' | 'append' | undefined {
  if (typeof flags === 'number') return (flags & constants.O_APPEND) !== 0 ? 'append' : undefined;
  if (flags?.startsWith('a')) return 'append';
  return flags?.startsWith('w') ? 'create' : undefined;
}

function watched(
  handle: FileHandle,
  path: string,
  isReadOnly: boolean,
  made: (call: DiskCall) => Promise<void>,
): FileHandle {
  const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>;
  const [sync, datasync] = [handle.sync.bind(handle), handle.datasync.bind(handle)];
  const kind = isReadOnly ? 'sync-directory' : 'sync';
  return Object.assign(handle, {
    write: async (bytes: Uint8Array, ...rest: unknown[]) => {
      await made({ kind: 'write', path, bytes: Uint8Array.from(bytes) });
      return write(bytes, ...rest);
    },
    sync: async () => {
      await made({ kind, path });
      await sync();
    },
    datasync: async () => {
      await made({ kind, path });
      await datasync();
    },
  });
}

type Method = 'open' | 'readdir' | 'readFile' | 'realpath';

/**
 * Carries out `work` once, right before the first call of a method that is meant. The call waits for it. Returns what
 * ends this before the test does.
 */
export function beforeFirst(method: Method, isMeant: (path: string) => boolean, work: () => unknown): () => void {
  const original = fs[method] as (...args: unknown[]) => Promise<unknown>;
  let isDone = false;
  const replace = (call: unknown) => {
    Object.assign(fs, { [method]: call });
    syncBuiltinESMExports();
  };
  replace(async (...args: unknown[]) => {
    if (!isDone && isMeant(String(args[0]))) {
      isDone = true;
      await work();
    }
    return original(...args);
  });
  const restore = () => {
    replace(original);
  };
  onTestFinished(restore);
  return restore;
}
