/** How a flight ended for those who waited: `abandoned` when its leader gave up, which says nothing about the work. */
type Landing = 'landed' | 'abandoned';

/** The work of one key runs once at a time; callers that come meanwhile can wait for its end. */
export class SingleFlight {
  readonly #underWay = new Map<string, Promise<Landing>>();

  /** The flight under way for a key. Rejects with the error of the work. */
  current(key: string): Promise<Landing> | undefined {
    return this.#underWay.get(key);
  }

  async lead<T>(key: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const result = work();
    const landing = result.then(
      (): Landing => 'landed',
      (error: unknown): Landing => {
        if (signal?.aborted === true) return 'abandoned';
        throw error;
      },
    );
    // The leader reports the failure; nobody need be waiting for the landing.
    landing.catch(() => undefined);
    this.#underWay.set(key, landing);
    try {
      return await result;
    } finally {
      this.#underWay.delete(key);
    }
  }
}

/** Waits for a promise someone else owns; gives up with the signal's reason and leaves the promise running. */
export async function joined<T>(flight: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return flight;
  let onAbort = (): void => undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([flight, givenUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
