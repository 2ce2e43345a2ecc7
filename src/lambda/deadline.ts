import { setTimeout as wait } from 'node:timers/promises';

/** What Lambda hands over beside the event, as far as it is needed. */
export interface LambdaContext {
  /** Milliseconds. */
  getRemainingTimeInMillis(): number;
}

/** An invocation's time. */
export interface Deadline {
  /** Aborted when no further document is to be begun. */
  readonly stop: AbortSignal;
  /** Resolves when an answer must go out, whatever is still in hand. */
  readonly end: Promise<'late'>;
  release(): void;
}

/** What a document may take from its reading to its commit, in the share of the margin that is for it. */
const ANSWER_SHARE = 0.2;

/**
 * The last `marginMs` of an invocation are for finishing: from then on nothing is begun, and in the last fifth of it
 * the answer goes out with what is done. What is still under way is not harmed: it lands or it does not, and the record
 * of the task tells the next delivery.
 */
export function deadlineOf(context: LambdaContext, marginMs: number): Deadline {
  const stop = new AbortController();
  const done = new AbortController();
  const left = context.getRemainingTimeInMillis();
  const after = (milliseconds: number) => wait(Math.max(0, milliseconds), undefined, { signal: done.signal });
  void after(left - marginMs).then(
    () => {
      stop.abort();
    },
    () => undefined,
  );
  const end = after(left - marginMs * ANSWER_SHARE).then(
    (): 'late' => 'late',
    () => new Promise<never>(() => undefined),
  );
  return {
    stop: stop.signal,
    end,
    release: () => {
      done.abort();
    },
  };
}

/** The work's result, or `late` when the time is over. */
export async function beforeEnd<T>(work: Promise<T>, { end }: Deadline): Promise<T | 'late'> {
  return Promise.race([work, end]);
}
