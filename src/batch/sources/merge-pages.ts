/** What several streams give, in the order in which it comes. Each is one element ahead at most. A failure ends all. */
export async function* mergePages<T>(streams: readonly AsyncIterable<T>[]): AsyncIterable<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator) => [iterator, advance(iterator)]));
  try {
    while (pending.size > 0) {
      const { iterator, result } = await Promise.race(pending.values());
      if (result.done) {
        pending.delete(iterator);
        continue;
      }
      pending.set(iterator, advance(iterator));
      yield result.value;
    }
  } finally {
    // Elements that are not wanted any more may fail.
    await Promise.allSettled(pending.values());
    await Promise.allSettled(iterators.map(async (iterator) => iterator.return?.()));
  }
}

interface Advanced<T> {
  readonly iterator: AsyncIterator<T>;
  readonly result: IteratorResult<T, unknown>;
}

/** A failure is thrown when its turn comes. Until then it must not end the process as an unhandled rejection. */
function advance<T>(iterator: AsyncIterator<T>): Promise<Advanced<T>> {
  const advanced = iterator.next().then((result) => ({ iterator, result }));
  advanced.catch(() => undefined);
  return advanced;
}
