/** How a call ended for the callers that wait: `abandoned` if its caller gave up, which says nothing about the work. */
type Landing = 'landed' | 'abandoned';

/** The work of one key runs once at a time. A caller that arrives while it runs can wait for its end. */
export class SingleFlight {
  readonly #underWay = new Map<string, Promise<Landing>>();

  /** The call that runs for a key. Rejects with the error of the work. */
  current(key: string): Promise<Landing> | undefined {
    return this.#underWay.get(key);
  }

  async run<T>(key: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const result = work();
    const landing = result.then(
      (): Landing => 'landed',
      (error: unknown): Landing => {
        if (signal?.aborted === true) return 'abandoned';
        throw error;
      },
    );
    // The first caller reports the failure; maybe no other caller waits.
    landing.catch(() => undefined);
    this.#underWay.set(key, landing);
    try {
      return await result;
    } finally {
      this.#underWay.delete(key);
    }
  }
}

/** Waits for the promise of another caller; gives up with the signal's reason and leaves the promise running. */
export async function joined<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running;
  let onAbort = (): void => undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([running, givenUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

type KeyedQueue = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/** Runs tasks of one key one after another, in the order they came; other keys do not wait. */
export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = tails.get(key) ?? Promise.resolve();
    const result = before.then(task);
    // The tail only orders; the failure itself reaches the caller through `result`.
    const tail = result.then(ignore, ignore);
    tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}

function ignore(): undefined {
  return undefined;
}
