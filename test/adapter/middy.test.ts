import middy from '@middy/core';
import type { MiddlewareObj } from '@middy/core';
import { describe, expect, test } from 'vitest';
import { stateBagMiddleware } from 'statebag-shim/middy';
import type { MiddyRequest, StateBagMiddleware } from 'statebag-shim/middy';
import { asAdded, fatBag, programAt } from './bags.js';
import type { Json } from './bags.js';
import { testShim } from './shims.js';

/** Runs a handler behind middlewares as Lambda does. */
async function run(
  middlewares: readonly Partial<StateBagMiddleware>[],
  handler: (event: Json) => unknown,
  event: unknown,
): Promise<unknown> {
  const wrapped = middy((got: Json) => Promise.resolve(handler(got)));
  for (const middleware of middlewares) wrapped.use(middleware as unknown as MiddlewareObj<Json>);
  const invoke = wrapped as (event: unknown, context: unknown) => Promise<unknown>;
  return invoke(event, { getRemainingTimeInMillis: () => 3_000 });
}

describe('the middleware', () => {
  test('does what wrap does', async () => {
    const { shim } = testShim();
    let handed: Json = {};
    const handler = (event: Json) => ({ bag: { ...(handed = event) }, next_action: 'CONTINUE' });
    const result = await run([stateBagMiddleware(shim)], handler, fatBag());
    expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
    expect(result).toEqual(await shim.wrap((event) => ({ bag: { ...event }, next_action: 'CONTINUE' }))(fatBag()));
  });

  test('put first is the last to see the result', async () => {
    const { shim } = testShim({ budget: { limitBytes: 3_000, headroomBytes: 0 } });
    const bloating = {
      after: (request: MiddyRequest) => Promise.resolve(void (request.response = { text: 'x'.repeat(4_000) })),
    };
    await expect(run([stateBagMiddleware(shim), bloating], () => 'small', fatBag())).rejects.toMatchObject({
      name: 'StateBagPayloadTooLargeError',
    });
  });

  test('names errors for a state machine', async () => {
    const rig = testShim();
    const lean = await rig.shim.write(fatBag());
    rig.fail({ moment: 'before', code: 'STORE_TIMEOUT' });
    await expect(run([stateBagMiddleware(testShim({}, rig).shim)], () => 'never', lean)).rejects.toMatchObject({
      name: 'StateBagRetryableError',
    });
  });

  const answering = (answer: (request: MiddyRequest) => unknown) => ({
    onError: (request: MiddyRequest) => Promise.resolve(void (request.response = answer(request))),
  });
  const failing = () => {
    throw new Error('flaky');
  };

  test.each(['lean', 'fat'] as const)(
    'converts the answer that another middleware gives to an error of a handler that speaks %s',
    async (speaks) => {
      const { shim } = testShim({ speaks });
      const skip = answering(({ event }) => ({ bag: { ...(event as Json), segment_to_run: 2 }, next_action: 'SKIP' }));
      const { bag } = (await run([stateBagMiddleware(shim), skip], failing, fatBag())) as { bag: Json };
      expect(bag).toMatchObject({ state_bag_version: 2, segment_to_run: 2 });
      for (const name of ['segment_config', 'workflow_config', 'partition_map']) expect(bag).not.toHaveProperty(name);
      expect(await shim.read(bag).segmentConfig()).toEqual(programAt(fatBag(), 2));
    },
  );

  test('holds the answer to an error to the budget', async () => {
    const { shim } = testShim({ budget: { limitBytes: 3_000, headroomBytes: 0 } });
    const large = answering(() => ({ text: 'x'.repeat(4_000) }));
    await expect(run([stateBagMiddleware(shim), large], failing, fatBag())).rejects.toMatchObject({
      name: 'StateBagPayloadTooLargeError',
    });
  });

  test('converts the answer to its own refusal of an event', async () => {
    const { shim } = testShim({ mode: 'strict' });
    const fallback = answering(({ event }) => ({ bag: event, next_action: 'FAILED' }));
    const { bag } = (await run([stateBagMiddleware(shim), fallback], () => 'never', fatBag())) as { bag: Json };
    expect(bag).toMatchObject({ state_bag_version: 2 });
    expect(bag).not.toHaveProperty('workflow_config');
  });

  test('leaves an error alone that no middleware answers', async () => {
    await expect(run([stateBagMiddleware(testShim().shim)], failing, fatBag())).rejects.toThrow('flaky');
  });

  test('inside of wrap converts the early answer of a middleware too', async () => {
    const { shim } = testShim();
    const replay = {
      before: (request: MiddyRequest) =>
        Promise.resolve({
          bag: { ...(request.event as Json), ...fatBag({ segment_to_run: 2 }) },
          next_action: 'CONTINUE',
        }),
    };
    const { bag } = (await shim.wrap((event: Json) =>
      run([replay as unknown as Partial<StateBagMiddleware>], () => 'never', event),
    )(fatBag())) as { bag: Json };
    expect(bag).not.toHaveProperty('segment_config');
    expect(await shim.read(bag).segmentConfig()).toEqual(programAt(fatBag(), 2));
  });

  test('without a segment looks for none', async () => {
    const { shim } = testShim();
    const result = await run(
      [stateBagMiddleware(shim, { segment: false })],
      (event) => event,
      fatBag({ segment_to_run: 99 }),
    );
    expect(result).toMatchObject({ state_bag_version: 2 });
  });
});
