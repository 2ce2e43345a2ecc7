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
