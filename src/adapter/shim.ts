import { BagDocument } from '../bag/bag.js';
import { ObjectValue } from '../bag/value.js';
import { ConfigError } from '../errors.js';
import { startDeadline } from './deadline.js';
import { publish } from './diagnostics.js';
import { createEngine } from './engine.js';
import type { Engine, Work } from './engine.js';
import { isMembers } from './json-members.js';
import type { Handler, LambdaContext } from './lambda.js';
import type { ShimOptions } from './options.js';
import { Reading } from './reading.js';
import type { BagReading, ReadOptions } from './bag-reading.js';
import { parseOptions } from './settings.js';
import { wrapHandler } from './wrap.js';
import { withoutAddedProgram } from './segment-members.js';
import { writeResult } from './write-result.js';

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
  /** Looks at an event. Throws only what a `mode` function throws. */
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
  const engine = createEngine(parseOptions(options));
  const read = (event: unknown, context?: LambdaContext, options: ReadOptions = {}) =>
    new Reading(engine, event, context, options);
  const write = async (result: unknown, reading?: BagReading, context?: LambdaContext) =>
    writeBack(engine, result, parseReading(reading), context);
  return {
    wrap: (handler, options = {}) => wrapHandler(handler, (event, context) => read(event, context, options), write),
    read,
    write,
  };
}

function parseReading(reading: BagReading | undefined): Reading | undefined {
  if (reading === undefined || reading instanceof Reading) return reading;
  throw new ConfigError('OPTION_INVALID', 'write takes the reading that read gave, or none');
}

async function writeBack(
  engine: Engine,
  result: unknown,
  reading: Reading | undefined,
  context: LambdaContext | undefined,
): Promise<unknown> {
  const mode = reading?.mode ?? engine.settings.modeOf(() => idsOf(result));
  if (mode === 'observe') return result;
  const before = await reading?.adapt();
  if (mode === 'shadow') return isMembers(result) ? withoutAddedProgram(result, before?.added) : result;
  const ids = reading?.ids ?? idsOf(result);
  const deadline = startDeadline(context, engine.settings.limits);
  const start = engine.settings.clock();
  let outside: ReturnType<Work['outside']> | undefined;
  try {
    const { result: written, ...facts } = await writeResult(result, before, {
      engine,
      ids,
      mode,
      side: 'result',
      deadline,
      outside: () => (outside ??= reading?.outside() ?? engine.settings.outsideOf(undefined, context)),
    });
    publish('write', () => ({ ...ids, mode, ...facts, durationMs: engine.settings.clock() - start }));
    return written;
  } finally {
    deadline.dispose();
  }
}

function idsOf(result: unknown): Reading['ids'] {
  return new BagDocument(new ObjectValue(result)).ids;
}
