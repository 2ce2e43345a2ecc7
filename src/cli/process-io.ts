import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import type { CliIo, OutputStream, StopSignal } from './io.js';

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** The real process. */
export function processIo(): CliIo {
  const stdout = isPlainFile(1) ? fileOutput(1) : process.stdout;
  for (const stream of [stdout, process.stderr]) tolerateFailure(stream);
  return {
    // A getter: merely touching `process.stdin` opens it.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    // The global one: loading the module would cost every command what only a run needs.
    newRunId: () => crypto.randomUUID(),
    onSignal: (listener) => {
      for (const signal of SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** Without a listener Node ends the process in the middle of its work. Each write to standard output is told itself. */
function tolerateFailure(stream: OutputStream): void {
  stream.on('error', () => undefined);
}

/** A file or a device that is no terminal, such as /dev/full. */
function isPlainFile(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || (stats.isCharacterDevice() && !isatty(descriptor));
  } catch {
    return false;
  }
}

/**
 * Standard output into a file. Node's own stream ignores that a disk took only a part of a write, as a disk does that
 * gets full: the output is cut off, and no error is reported.
 */
export function fileOutput(descriptor: number, write: (fd: number, bytes: Uint8Array) => number = writeSync): Writable {
  return new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      try {
        for (let at = 0; at < chunk.length;) at += write(descriptor, chunk.subarray(at));
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
