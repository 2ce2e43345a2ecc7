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
 * Writes a report; resolves when the stream has taken it. A reader that went away (`statebag … | head`) is no error:
 * the work goes on without an audience.
 */
export function print(stream: OutputStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (error && !isBrokenPipe(error)) reject(error);
      else resolve();
    });
  });
}

export function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
