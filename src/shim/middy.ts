import type { BagReading, StateBagShim } from './shim.js';
import type { ReadOptions, SegmentConfig, SegmentMembers } from './options.js';
import { named } from './shim.js';

/** What the middleware uses of middy's request, whose context may also be that of a durable function (middy 7). */
export interface MiddyRequest<E = unknown> {
  event: E;
  context?: object | undefined;
  response?: unknown;
}

/** A handler behind it sees `segment_config` on its event. `Config` is the type of the program. */
export interface StateBagMiddleware<Config = SegmentConfig> {
  before(request: MiddyRequest<SegmentMembers<Config>>): Promise<void>;
  after(request: MiddyRequest<SegmentMembers<Config>>): Promise<void>;
  /** Converts an answer that another middleware gave to an error; without an answer the error goes on. */
  onError(request: MiddyRequest<SegmentMembers<Config>>): Promise<void>;
}

/**
 * The shim as a middleware for middy: `middy(handler).use(stateBagMiddleware(shim))`. Put it first, so that its `after`
 * and `onError` are the last to touch the result and the budget is held on what really goes back.
 *
 * middy calls neither of them when another middleware returns an answer from its `before` or `onError` (idempotency,
 * warm-up): that answer is not converted. `shim.wrap(middy(handler))` converts every answer.
 */
export function stateBagMiddleware<Config = SegmentConfig>(
  shim: Pick<StateBagShim, 'read' | 'write'>,
  options: ReadOptions = {},
): StateBagMiddleware<Config> {
  const readings = new WeakMap<MiddyRequest, BagReading>();
  const write = (request: MiddyRequest) =>
    named(async () => {
      request.response = await shim.write(request.response, readings.get(request), request.context);
    });
  return {
    before: (request) =>
      named(async () => {
        const reading = shim.read(request.event, request.context, options);
        request.event = (await reading.runnerEvent()) as SegmentMembers<Config>;
        // Only now: a refused event has no reading that an answer could be held against.
        readings.set(request, reading);
      }),
    after: write,
    onError: async (request) => {
      if (request.response !== undefined) await write(request);
    },
  };
}
