import { ConfigError } from '../errors.js';
import { nameForStateMachine } from './error-name.js';
import type { Handler, LambdaContext, RunnerEvent } from './lambda.js';
import type { BagReading } from './bag-reading.js';

type Read = (event: unknown, context: LambdaContext | undefined) => BagReading;
type Write = (result: unknown, reading: BagReading, context: LambdaContext | undefined) => Promise<unknown>;

/** Read, handle, write. */
export function wrapHandler<E extends object, R, C extends LambdaContext>(
  handler: Handler<E, R, C>,
  read: Read,
  write: Write,
): (event: E, context?: C) => Promise<R> {
  assertHandler(handler);
  return async (event, context) => {
    const [reading, adapted] = await named(async () => {
      const reading = read(event, context);
      return [reading, (await reading.runnerEvent()) as RunnerEvent<E>] as const;
    });
    // A handler called by hand, in a test, may go without a context.
    const result = await handler(adapted, context!);
    return named(() => write(result, reading, context) as Promise<R>);
  };
}

/** Rejects with the shim's own errors as a state machine knows them. What the handler throws never comes by here. */
export async function named<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw nameForStateMachine(error);
  }
}

function assertHandler(handler: unknown): void {
  if (typeof handler !== 'function') throw new ConfigError('HANDLER_INVALID', 'wrap takes a function');
  if (handler.length <= 2) return;
  throw new ConfigError(
    'HANDLER_INVALID',
    'wrap takes a handler of event and context that answers by its return value, not one with a callback',
  );
}
