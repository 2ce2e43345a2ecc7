import { EXIT } from '../../exit-code.js';
import { processIo } from '../../process-io.js';
import type { FromWorker, ToWorker } from './messages.js';
import { work } from './worker.js';

// A terminal sends its signals to all processes; here the one with the journal says what they mean.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

// Nobody writes the journal any more: nothing further may be changed.
process.on('disconnect', () => process.exit(EXIT.interrupted));

await work(
  {
    send: (message: FromWorker) => process.send?.(message),
    listen: (listener) =>
      process.on('message', (message) => {
        listener(message as ToWorker);
      }),
  },
  processIo(),
);
process.removeAllListeners('disconnect');
process.disconnect();
