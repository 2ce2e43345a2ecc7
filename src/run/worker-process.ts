import { processContext } from './context.js';
import { work } from './worker.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

/** Exit code of a process that ends with nothing finished. */
const INTERRUPTED = 130;

// A terminal sends its signals to all processes; here the one with the journal says what they mean.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

// No process writes the journal any more: nothing further may be changed.
process.on('disconnect', () => process.exit(INTERRUPTED));

await work(
  {
    send: (message: FromWorker) => process.send?.(message),
    listen: (listener) =>
      process.on('message', (message) => {
        listener(message as ToWorker);
      }),
  },
  processContext(),
);
process.removeAllListeners('disconnect');
process.disconnect();
