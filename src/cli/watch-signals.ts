import { EXIT } from './exit-code.js';
import type { CliIo } from './io.js';

export interface SignalWatch {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  release(): void;
}

/** The first signal asks to finish what is in hand; the second ends the process at once. */
export function watchSignals(io: CliIo): SignalWatch {
  const controller = new AbortController();
  const release = io.onSignal((signal) => {
    if (controller.signal.aborted) {
      io.exit(EXIT.interrupted);
      return;
    }
    controller.abort();
    io.stderr.write(`statebag: ${signal}: finishing the documents in hand; once more ends at once\n`);
  });
  return { stop: controller.signal, release };
}
