import { expectTypeOf, test } from 'vitest';
import type { LambdaContext, RunnerEvent, SegmentConfig } from 'statebag-shim';
import { testShim } from './shims.js';

interface MyEvent {
  readonly state_data: { readonly rows: number };
  readonly action?: string;
}

interface MyContext extends LambdaContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

test('a wrapped handler keeps the types of its event, context and answer', () => {
  const { shim } = testShim();
  const named = shim.wrap<MyEvent, { readonly total: number }, MyContext>((event, context) => {
    expectTypeOf(event.segment_config).toEqualTypeOf<SegmentConfig>();
    expectTypeOf(event.state_data.rows).toBeNumber();
    expectTypeOf(context.awsRequestId).toBeString();
    return { total: event.state_data.rows };
  });
  expectTypeOf(named).toEqualTypeOf<(event: MyEvent, context?: MyContext) => Promise<{ readonly total: number }>>();
});

test('the types follow from those of the handler', () => {
  const { shim } = testShim();
  const annotated = shim.wrap(({ segment_config, state_data }: RunnerEvent<MyEvent>) =>
    Promise.resolve([state_data.rows, segment_config.id]),
  );
  expectTypeOf(annotated).parameter(0).toEqualTypeOf<MyEvent>();
  const plain = shim.wrap((event) => event.segment_config);
  expectTypeOf(plain).returns.resolves.toEqualTypeOf<SegmentConfig>();
});
