import type { ObjectValue } from '../bag/value.js';
import { ConfigError } from '../errors.js';
import type { BagReading, ReadOptions } from './bag-reading.js';
import { createState } from './context.js';
import { EventReading, sealAnswer } from './invocation.js';
import type { Handler, LambdaContext } from './lambda.js';
import { ObjectForm } from './object-form.js';
import type { ShimOptions } from './options.js';
import { Reading } from './reading.js';
import { parseOptions, parseReadOptions } from './settings.js';
import { wrapHandler } from './wrap.js';

/** Reads old bags and new ones, side by side. Make one per process, outside the handler: its caches live in it. */
export interface StateBagShim {
  /**
   * An entrypoint around a handler. What the handler throws passes; errors of the shim are named for a state machine.
   * Throws `ConfigError` `HANDLER_INVALID` for what is no function, or takes a callback.
   */
  wrap<E extends object = Record<string, unknown>, R = unknown, C extends LambdaContext = LambdaContext>(
    handler: Handler<E, R, C>,
    options?: ReadOptions,
  ): (event: E, context?: C) => Promise<R>;
  /** Looks at an event. Throws `ConfigError` for options that are wrong, and `MODE_FAILED`. */
  read(event: unknown, context?: LambdaContext, options?: ReadOptions): BagReading;
  /**
   * The result with its bags in the new form, within the budget. `reading` is that of the event which the result
   * answers: what a merge lost is put back from there, what the shim added is taken out.
   */
  write(result: unknown, reading?: BagReading, context?: LambdaContext): Promise<unknown>;
}

/**
 * A shim for the entrypoints of a runner. Make it once per process, outside the handler. Throws `ConfigError`
 * (`OPTION_INVALID`, `LAYOUT_INVALID`) for options that are unknown or wrong.
 *
 * @example
 *     const shim = createStateBagShim({ store: s3BlobStore({ bucket: 'my-bags' }), mode: 'rewrite' });
 *     export const handler = shim.wrap(async (event) => run(event.segment_config));
 */
export function createStateBagShim(options: ShimOptions): StateBagShim {
  const state = createState<ObjectValue, ObjectForm>(
    parseOptions(options),
    (blobs, cacheBytes) => new ObjectForm(blobs, cacheBytes),
  );
  const { form } = state;
  const read = (event: unknown, context?: LambdaContext, options: ReadOptions = {}) => {
    const wantsSegment = parseReadOptions(options);
    return new Reading(new EventReading(state, form.open(event), { event, context, wantsSegment }));
  };
  const write = async (result: unknown, reading?: BagReading, context?: LambdaContext) => {
    const answer = form.openAnswer(result);
    const sealed = await sealAnswer(state, answer, parseReading(reading)?.inner, context);
    return sealed === answer ? result : sealed.raw;
  };
  return {
    wrap: (handler, options = {}) => {
      parseReadOptions(options);
      return wrapHandler(handler, (event, context) => read(event, context, options), write);
    },
    read,
    write,
  };
}

/** A reading of another copy of this package has the same members. */
function parseReading(reading: BagReading | undefined): Reading | undefined {
  if (reading === undefined || 'inner' in reading) return reading as Reading | undefined;
  throw new ConfigError('OPTION_INVALID', 'write takes the reading that read gave, or none');
}
