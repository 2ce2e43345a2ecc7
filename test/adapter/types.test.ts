import middy from '@middy/core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import type { LambdaContext, RunnerEvent, SegmentConfig, SegmentMembers, StateBagShim } from 'statebag-shim';
import { stateBagMiddleware } from 'statebag-shim/middy';
import { testShim, testStore } from './shims.js';

interface MyEvent {
  readonly state_data: { readonly rows: number };
  readonly action?: string;
}

interface Program {
  readonly nodes: readonly { readonly id: string }[];
}

interface FatEvent extends MyEvent {
  readonly workflow_config: { readonly nodes: readonly unknown[] };
  readonly partition_map: readonly unknown[];
}

interface MyContext extends LambdaContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

const { shim } = testShim();
const fat = () => createStateBagShim({ store: testStore().store, mode: 'rewrite', speaks: 'fat' });

describe('the types of a wrapped handler', () => {
  test('are those of its event, context and answer', () => {
    const named = shim.wrap<MyEvent, { readonly total: number }, MyContext>((event, context) => {
      expectTypeOf(event.segment_config).toEqualTypeOf<SegmentConfig>();
      expectTypeOf(event.state_data.rows).toBeNumber();
      expectTypeOf(context.awsRequestId).toBeString();
      return { total: event.state_data.rows };
    });
    expectTypeOf(named).toEqualTypeOf<(event: MyEvent, context?: MyContext) => Promise<{ readonly total: number }>>();
  });

  test('follow from those of the handler', () => {
    const annotated = shim.wrap(({ segment_config, state_data }: RunnerEvent<MyEvent>) =>
      Promise.resolve([state_data.rows, segment_config.id]),
    );
    expectTypeOf(annotated).parameter(0).toExtend<MyEvent>();
    expectTypeOf<MyEvent>().toExtend<Parameters<typeof annotated>[0]>();
    const plain = shim.wrap((event) => event.segment_config);
    expectTypeOf(plain).returns.resolves.toEqualTypeOf<SegmentConfig>();
  });

  test('take the type of the program', () => {
    shim.wrap<MyEvent, unknown, MyContext, Program>((event) => {
      expectTypeOf(event.segment_config).toEqualTypeOf<Program>();
    });
    const annotated = shim.wrap((event: MyEvent & SegmentMembers<Program>) => event.segment_config.nodes.length);
    expectTypeOf(annotated).returns.resolves.toBeNumber();
    expectTypeOf<MyEvent>().toExtend<Parameters<typeof annotated>[0]>();
  });

  test('ask the caller for no program', () => {
    const wrapped = shim.wrap((event: MyEvent & { readonly segment_config: Program }) => event.segment_config.nodes);
    expectTypeOf(wrapped).parameter(0).not.toHaveProperty('segment_config');
  });

  test('have no inline program for a handler that speaks lean', () => {
    shim.wrap<FatEvent>((event) => {
      expectTypeOf(event).not.toHaveProperty('workflow_config');
      expectTypeOf(event).not.toHaveProperty('partition_map');
      return event.state_data;
    });
    // @ts-expect-error -- Nothing is inline for this handler.
    shim.wrap((event: FatEvent) => event.workflow_config.nodes.length);
  });

  test('have the inline program for a handler that speaks fat', () => {
    const wrapped = fat().wrap((event: FatEvent) => event.workflow_config.nodes.length);
    expectTypeOf(wrapped).parameter(0).toEqualTypeOf<FatEvent>();
    fat().wrap<FatEvent>((event) => {
      expectTypeOf(event.workflow_config.nodes).toEqualTypeOf<readonly unknown[]>();
    });
  });

  test('let a middy chain see the program', () => {
    middy<MyEvent, unknown>()
      .use(stateBagMiddleware<Program>(shim))
      .handler((event, context) => {
        expectTypeOf(event.segment_config).toEqualTypeOf<Program>();
        expectTypeOf(event.state_data.rows).toBeNumber();
        expectTypeOf(context).not.toBeNever();
        return Promise.resolve({});
      });
  });

  test('let a middy chain see the program behind other middlewares', () => {
    const other = { after: (request: middy.Request<MyEvent>) => Promise.resolve(request) };
    middy<MyEvent, unknown>()
      .use(stateBagMiddleware(shim))
      .use(other)
      .handler((event) => {
        expectTypeOf(event.segment_config).toEqualTypeOf<SegmentConfig>();
        return Promise.resolve(event.state_data);
      });
  });

  test('let middy take a handler of a runner, with the middleware or inside of wrap', () => {
    const handler = ({ segment_config, state_data }: RunnerEvent<MyEvent>) =>
      Promise.resolve({ rows: state_data.rows, id: segment_config.id });
    expectTypeOf(middy(handler).use(stateBagMiddleware(shim))).not.toBeNever();
    const wrapped = shim.wrap(middy(handler));
    expectTypeOf(wrapped).parameter(0).not.toHaveProperty('segment_config');
    expectTypeOf<MyEvent>().toExtend<Parameters<typeof wrapped>[0]>();
    expectTypeOf<{ rows: number; id: unknown }>().toExtend<Awaited<ReturnType<typeof wrapped>>>();
  });

  test('let a shim in the mode observe do without a store', () => {
    createStateBagShim({ mode: 'observe' });
    createStateBagShim({ mode: ({ ownerId }) => (ownerId === 'acme' ? 'observe' : undefined) });
    createStateBagShim({ mode: 'observe', expectedOwner: (event: { readonly owner: string }) => event.owner });
    const counting = createStateBagShim({ speaks: 'fat' });
    expectTypeOf(counting).toEqualTypeOf<StateBagShim<'fat'>>();
    // @ts-expect-error -- The mode rewrite writes blobs.
    expect(() => createStateBagShim({ mode: 'rewrite' })).toThrow(/"store" is missing/);
    // @ts-expect-error -- A function that may give shadow needs one as well.
    createStateBagShim({ mode: ({ ownerId }) => (ownerId === 'acme' ? 'shadow' : undefined) });
    createStateBagShim({
      store: testStore().store,
      mode: () => 'rewrite',
      expectedOwner: (event: { o: string }) => event.o,
    });
  });
});
