import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { StateBagError } from '../errors/index.js';
import { outputError } from '../sources/output-error.js';

/** A stream as the command line writes to it; `process.stdout` is one. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of a terminal. */
  readonly columns?: number;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Everything of the process that a command touches, so that a test can stand in for it. Nothing else reads `process`.
 */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. Relative paths of the user start here. */
  readonly cwd: string;
  readonly now: () => Date;
  /** Unique; names one run in a journal. */
  readonly newRunId: () => string;
  /** Calls back for every signal that asks the process to stop; the result ends that. */
  readonly onSignal: (listener: (signal: StopSignal) => void) => () => void;
  /** Ends the process at once, with nothing finished. */
  readonly exit: (code: number) => void;
}

/**
 * Writes a report to standard output; resolves when the stream has taken it. Throws `ConfigError` `OUTPUT_FAILED`. A
 * reader that went away (`statebag … | head`) is no error: the work goes on without an audience.
 */
export function print(stream: OutputStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (error && !isBrokenPipe(error)) reject(outputError(error));
      else resolve();
    });
  });
}

/** The same for standard error. When it cannot be written, nothing is left to say so with. */
export async function printNote(stream: OutputStream, text: string): Promise<void> {
  await print(stream, text).catch(() => undefined);
}

export function isOutputFailure(error: unknown): error is StateBagError {
  return error instanceof StateBagError && error.code === 'OUTPUT_FAILED';
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

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
