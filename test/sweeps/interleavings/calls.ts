import fsSync from 'node:fs';
import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import timers from 'node:timers/promises';
import { currentProcess, FIRST_PID } from './stepped-process.js';
import type { SteppedProcess } from './stepped-process.js';

/**
 * Replaces the functions of Node that processes act and look with, so that a stepped process waits before each of them.
 * Ports are not enough: locks, digests and paths go to the file system past the port of the disk. The code of tests is
 * not concerned. Import this before the code under test, which keeps some of the functions when it is loaded.
 */

type Call = (...args: never[]) => unknown;
type Calls = Record<string, Call>;

/** Calls whose first argument is the path, and those whose second one is the new path. */
const BY_PATH = ['rm', 'unlink', 'readFile', 'writeFile', 'stat', 'lstat', 'realpath', 'readdir', 'mkdir', 'access'];
const BY_NEW_PATH = ['rename', 'link'];
/** Of an open file. To close it changes nothing that others see. */
const OF_HANDLE = ['read', 'write', 'stat', 'sync', 'datasync', 'chmod', 'chown'];

/** A pause of milliseconds may take seconds on a busy machine, and no schedule has thousands of retries. */
const PAUSE_MS = 5_000;

const original = { open: fs.open, readFile: fs.readFile, readFileSync: fsSync.readFileSync };

/** As Node's, for code that runs in a stepped process and must not wait. */
export const readNow = original.readFileSync;

for (const name of BY_PATH) replaceCall(fs, name, (args) => String(args[0]));
for (const name of BY_NEW_PATH) replaceCall(fs, name, (args) => String(args[1]));

fs.open = async (path, flags, mode) => {
  const process = processAt(String(path));
  if (!process) return original.open(path, flags, mode);
  const step = { kind: flags === undefined || flags === 'r' ? 'open' : 'create', path: String(path) };
  return process.step(step, async () => watched(await original.open(path, flags, mode), String(path), process));
};

Object.assign(fsSync, {
  createReadStream: wrapCall(fsSync.createReadStream as Call, (call, args) => {
    const path = String(args[0]);
    const process = processAt(path);
    if (!process) return call(...(args as never[]));
    const read = () => process.step({ kind: 'readFile', path }, () => original.readFile(path));
    return Readable.from(
      (async function* () {
        yield await read();
      })(),
    );
  }),
  readFileSync: wrapCall(fsSync.readFileSync as Call, (call, args) => {
    const read = call(...(args as never[]));
    const process = args[0] === '/proc/self/stat' ? currentProcess() : undefined;
    return process ? String(read).replace(/^\d+/, String(process.pid)) : read;
  }),
});

Object.assign(timers, {
  setTimeout: wrapCall(timers.setTimeout as Call, (call, args) => {
    const process = currentProcess();
    if (!process) return call(...(args as never[]));
    return process.step({ kind: 'pause', path: '' }, () => {
      process.clockMs += PAUSE_MS;
    });
  }),
});

const { now } = Date;
Date.now = () => now() + (currentProcess()?.clockMs ?? 0);

const { pid } = process;
const kill = process.kill.bind(process);
Object.defineProperty(process, 'pid', { get: () => currentProcess()?.pid ?? pid });
process.kill = (other, signal) => {
  const isStepped = other >= FIRST_PID && currentProcess()?.knowsAlive(other) === true;
  return isStepped || kill(other, signal);
};

syncBuiltinESMExports();

function wrapCall(call: Call, by: (call: Call, args: readonly unknown[]) => unknown): Call {
  return (...args: unknown[]) => by(call, args);
}

function processAt(path: string): SteppedProcess | undefined {
  const process = currentProcess();
  return process?.watches(path) === true ? process : undefined;
}

function replaceCall(module: object, name: string, pathOf: (args: readonly unknown[]) => string): void {
  const calls = module as Calls;
  calls[name] = wrapCall(calls[name]!, (call, args) => {
    const path = pathOf(args);
    const process = processAt(path);
    const make = () => call(...(args as never[]));
    return process ? process.step({ kind: name, path }, make) : make();
  });
}

function watched(handle: FileHandle, path: string, process: SteppedProcess): FileHandle {
  process.handles.add(handle);
  const calls = handle as unknown as Calls;
  for (const name of OF_HANDLE) {
    const call = calls[name]!.bind(handle);
    calls[name] = (...args: never[]) => process.step({ kind: name, path }, () => call(...args));
  }
  const close = handle.close.bind(handle);
  handle.close = () => {
    process.handles.delete(handle);
    return close();
  };
  return handle;
}
