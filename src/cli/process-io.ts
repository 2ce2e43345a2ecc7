import { isBrokenPipe } from './io.js';
import type { CliIo, OutputStream, StopSignal } from './io.js';

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** The real process. */
export function processIo(): CliIo {
  for (const stream of [process.stdout, process.stderr]) toleratePipeEnd(stream);
  return {
    // A getter: merely touching `process.stdin` opens it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
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

/** Without a listener Node ends the process in the middle of its work when the reader of a pipe goes away. */
function toleratePipeEnd(stream: OutputStream): void {
  stream.on('error', (error: unknown) => {
    if (!isBrokenPipe(error)) throw error;
  });
}
