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
