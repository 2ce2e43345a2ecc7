import type { BagReading, ReadOptions } from './bag-reading.js';
import type { LambdaContext } from './lambda.js';
import type { StateBagShim } from './shim.js';
import { named } from './wrap.js';

/** What the middleware uses of middy's request; any version's fits. */
export interface MiddyRequest {
  event: unknown;
  context?: LambdaContext | undefined;
  response?: unknown;
}

export interface StateBagMiddleware {
  before(request: MiddyRequest): Promise<void>;
  after(request: MiddyRequest): Promise<void>;
}

/**
 * The shim as a middleware for middy: `middy(handler).use(stateBagMiddleware(shim))`. Put it first, so that its `after`
 * is the last to touch the result and the budget is held on what really goes back.
 */
export function stateBagMiddleware(shim: StateBagShim, options: ReadOptions = {}): StateBagMiddleware {
  const readings = new WeakMap<MiddyRequest, BagReading>();
  return {
    before: (request) =>
      named(async () => {
        const reading = shim.read(request.event, request.context, options);
        readings.set(request, reading);
        request.event = await reading.runnerEvent();
      }),
    after: (request) =>
      named(async () => {
        request.response = await shim.write(request.response, readings.get(request), request.context);
      }),
  };
}
