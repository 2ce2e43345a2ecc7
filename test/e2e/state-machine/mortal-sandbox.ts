import type { BlobStore } from 'statebag-shim';
import type { LambdaFunction } from './lambda-tasks.js';

/** When the process dies: as soon as so many blobs are stored, or with the answer ready and not yet sent. */
export type Death = number | 'before answering';

/** What Lambda reports of a process that is gone. */
class SandboxTimedOut extends Error {
  override readonly name = 'Sandbox.Timedout';
}

/** A function that runs in a process of its own and dies there. What it was about to do is never done. */
export function mortalSandbox(
  store: BlobStore,
  death: Death,
  load: (store: BlobStore) => LambdaFunction,
): LambdaFunction {
  return async (event) => {
    let die: (error: Error) => void = () => undefined;
    const dying = new Promise<never>((_resolve, reject) => {
      die = reject;
    });
    const handler = load(
      death === 'before answering'
        ? store
        : mortalStore(store, death, () => {
            die(timedOut());
          }),
    );
    const answer = await Promise.race([handler(event), dying]);
    if (death === 'before answering') throw timedOut();
    return answer;
  };
}

function timedOut(): SandboxTimedOut {
  return new SandboxTimedOut('RequestId: 1 Error: Task timed out');
}

/** Stores one blob at a time, so that a number says exactly what is stored; once dead it neither works nor answers. */
function mortalStore(store: BlobStore, lifetime: number, onDeath: () => void): BlobStore {
  let stored = 0;
  let queue = Promise.resolve();
  const put: BlobStore['put'] = (blob, signal) => {
    const done = queue.then(async () => {
      if (stored >= lifetime) return never();
      const outcome = await store.put(blob, signal);
      stored += 1;
      if (stored < lifetime) return outcome;
      onDeath();
      return never();
    });
    queue = done.then(() => undefined);
    return done;
  };
  const { bucket, prefix, description } = store;
  return {
    bucket,
    prefix,
    description,
    uri: (key) => store.uri(key),
    get: (address, options) => store.get(address, options),
    put,
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
