import { ConfigError } from '../errors.js';
import { nameForStateMachine } from './error-name.js';
import type { Handler, LambdaContext, RunnerEvent } from './lambda.js';
import type { BagReading } from './bag-reading.js';

type Read = (event: unknown, context: LambdaContext | undefined) => BagReading;
type Write = (result: unknown, reading: BagReading, context: LambdaContext | undefined) => Promise<unknown>;

/** Read, handle, write. Throws `ConfigError` `HANDLER_INVALID`. */
export function wrapHandler<E extends object, R, C extends LambdaContext>(
  handler: Handler<E, R, C>,
  read: Read,
  write: Write,
): (event: E, context?: C) => Promise<R> {
  assertHandler(handler);
  const wrapped = async function (this: unknown, event: E, context?: C): Promise<R> {
    const [reading, adapted] = await named(async () => {
      const reading = read(event, context);
      return [reading, (await reading.runnerEvent()) as RunnerEvent<E>] as const;
    });
    // A handler called by hand, in a test, may go without a context.
    const result = (await Reflect.apply(handler, this, [adapted, context, refuseCallback])) as R;
    return named(() => write(result, reading, context) as Promise<R>);
  };
  // Traces and metrics ask for the name.
  return Object.defineProperty(wrapped, 'name', { value: handler.name, configurable: true });
}

/** Rejects with the shim's own errors as a state machine knows them. What the handler throws never comes by here. */
export async function named<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw nameForStateMachine(error);
  }
}

/** What AWS's runtimes find on a handler that streams its answer. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

function assertHandler(handler: unknown): void {
  if (typeof handler !== 'function') throw invalid('wrap takes a function');
  if (STREAMING in handler) throw invalid('wrap takes a handler that answers by its return value, not by a stream');
  if (/^(Async)?GeneratorFunction$/.test(handler.constructor.name))
    throw invalid('wrap takes a handler that answers by its return value, not a generator');
  if (handler.length > 2) throw callbackHandler();
}

/** In place of the callback, for a handler that hides the parameter: its answer would be lost. */
function refuseCallback(): never {
  throw callbackHandler();
}

function callbackHandler(): ConfigError {
  return invalid('wrap takes a handler of event and context that answers by its return value, not one with a callback');
}

function invalid(message: string): ConfigError {
  return new ConfigError('HANDLER_INVALID', message);
}
