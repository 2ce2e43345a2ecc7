import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigError, StateBagError, StoreError } from '../../../errors/index.js';
import type { FromWorker, ToWorker, WorkerEnd } from './messages.js';
import type { Shard } from '../../../sources/shard.js';

/**
 * Found through the package's own name: the command line may run as a bundle, in which no worker lies beside this file.
 */
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('statebag-shim/package.json')),
  'dist/src/cli/migration/workers/worker-process.js',
);

/** One worker, as the process with the journal sees it. */
export interface Worker {
  send(message: ToWorker): void;
  /** Resolves when it has said that it is done. Rejects with what broke it. */
  readonly ended: Promise<WorkerEnd>;
}

/** Every message goes to `onMessage` in the order in which it was sent. */
export function startWorker(number: number, onMessage: (message: FromWorker, worker: Worker) => void): Worker {
  const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const worker: Worker = {
    // A worker that is gone is told of by its end.
    send: (message) => child.connected && child.send(message, () => undefined),
    ended: endOf(child, number, (message) => {
      onMessage(message, worker);
    }),
  };
  return worker;
}

function endOf(child: ChildProcess, number: number, onMessage: (message: FromWorker) => void): Promise<WorkerEnd> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const told = message as FromWorker;
      if (told.kind === 'done') resolve(told);
      else if (told.kind === 'broken')
        reject(told.isUsage ? new ConfigError(told.code, told.message) : new StateBagError(told.code, told.message));
      else onMessage(told);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(
        new StoreError(
          'WORKER_LOST',
          `worker ${number} ended before its work (${signal ?? `exit ${String(code)}`}); run the same command again to go on`,
          { retryable: true },
        ),
      );
    });
  });
}

/** The shard of the k-th of n workers (from 0) within the shard of the whole run. */
export function shardOf(whole: Shard | undefined, k: number, n: number): Shard {
  const { index, count } = whole ?? { index: 1, count: 1 };
  return { index: index + k * count, count: count * n };
}
