import { createStateBagShim } from 'statebag-shim';
import { describe, expect, test } from 'vitest';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

describe('a wrapped handler', () => {
  test('gets `this`', async () => {
    const { shim } = testShim();
    class Runner {
      readonly step = 7;
      handler(_event: Json): unknown {
        return { step: this.step };
      }
    }
    // eslint-disable-next-line @typescript-eslint/unbound-method -- The wrapped method is called on an instance.
    const wrapped = shim.wrap<Json>(Runner.prototype.handler);
    expect(await Reflect.apply(wrapped, new Runner(), [fatBag()])).toEqual({ step: 7 });
  });

  test('keeps its name', () => {
    const { shim } = testShim();
    const runSegment = (event: Json): unknown => event;
    expect(shim.wrap<Json>(runSegment).name).toBe('runSegment');
  });

  test('that takes a callback is refused before it is called', () => {
    const { shim } = testShim();
    const handler = (_event: Json, _context: unknown, callback: (error: null, result: unknown) => void) => {
      callback(null, {});
    };
    expect(() => shim.wrap<Json>(handler as never)).toThrow(expect.objectContaining({ code: 'HANDLER_INVALID' }));
  });

  test('that calls a callback with a default is refused instead of answering nothing', async () => {
    const { shim } = testShim();
    const handler = (
      event: Json,
      _context: unknown,
      callback: (error: null, result: unknown) => void = () => undefined,
    ) => {
      callback(null, { bag: event });
    };
    await expect(shim.wrap<Json>(handler as never)(fatBag())).rejects.toMatchObject({ code: 'HANDLER_INVALID' });
  });

  test.each([
    [
      'a stream',
      Object.assign((event: Json): unknown => event, {
        [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response',
      }),
    ],
    [
      'a generator',
      function* (event: Json) {
        yield event;
      },
    ],
    [
      'an asynchronous generator',
      async function* (event: Json) {
        yield await Promise.resolve(event);
      },
    ],
  ])('that answers by %s is refused by name', (kind, handler) => {
    const { shim } = testShim();
    expect(() => shim.wrap<Json>(handler as never)).toThrow(
      expect.objectContaining({
        code: 'HANDLER_INVALID',
        message: expect.stringContaining(kind.includes('generator') ? 'generator' : 'stream') as string,
      }) as Error,
    );
  });

  test.each([{ segments: false }, { segment: 'no' }, { mode: 'observe' }])(
    'with the options %j is refused',
    (options) => {
      const { shim } = testShim();
      expect(() => shim.wrap<Json>((event) => event, options as never)).toThrow(/segment|mode/);
      expect(() => shim.read(fatBag(), undefined, options as never)).toThrow(/segment|mode/);
    },
  );
});

describe('wrap that is used as a decorator', () => {
  const { wrap } = testShim().shim as unknown as {
    readonly wrap: (...args: readonly unknown[]) => unknown;
  };
  const method = (event: Json): Json => event;

  test.each([
    ['an older compiler', [{ handler: method }, 'handler', { value: method }]],
    ['an older compiler, on a static method', [() => undefined, 'handler', { value: method }]],
    ['a standard compiler', [method, { kind: 'method', name: 'handler', addInitializer: () => undefined }]],
    ['a caller who gives null', [method, null]],
  ])('by %s is refused with the advice to wrap a function', (_compiler, args) => {
    expect(() => wrap(...args)).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        code: 'OPTION_INVALID',
        message:
          'the second argument of wrap must be an options object, such as { segment: false }. wrap is not a decorator: ' +
          'wrap the function that you export, as in `export const handler = shim.wrap((event) => runner.handle(event))`',
      }) as Error,
    );
  });
});

describe('an answer whose bag prints itself', () => {
  class Bag {
    constructor(private readonly members: Json) {}
    toJSON(): Json {
      return this.members;
    }
  }

  test.each([
    ['at the root', (bag: unknown) => bag, (answer: Json) => answer],
    ['under bag', (bag: unknown) => ({ bag }), (answer: Json) => answer.bag as Json],
    ['under state_data', (bag: unknown) => ({ state_data: bag }), (answer: Json) => answer.state_data as Json],
  ])('%s goes back lean', async (_, wrapBag, find) => {
    const { shim } = testShim();
    const answer = (await shim.write(wrapBag(new Bag(fatBag())))) as Json;
    expect(find(answer)).toMatchObject({ state_bag_version: 2 });
    expect(find(answer)).not.toHaveProperty('workflow_config');
  });

  test('is the very answer in the mode observe', async () => {
    const { shim } = testShim({ mode: 'observe' });
    const answer = { bag: new Bag(fatBag()) };
    expect(await shim.write(answer)).toBe(answer);
  });
});

describe('a function that gives the mode', () => {
  const shimWith = (mode: unknown) => createStateBagShim({ store: testStore().store, mode: mode as never });

  test('means observe when it gives nothing', () => {
    expect(shimWith(() => undefined).read(fatBag()).mode).toBe('observe');
  });

  test('that throws is an error that a state machine may retry', async () => {
    const wrapped = shimWith(() => {
      throw new Error('the flag service is down');
    }).wrap<Json>((event) => event);
    await expect(wrapped(fatBag())).rejects.toMatchObject({
      name: 'StateBagRetryableError',
      message: 'MODE_FAILED: the function in the option "mode" failed: the flag service is down',
    });
  });

  test('that gives a promise is refused', () => {
    expect(() => shimWith(() => Promise.resolve('rewrite')).read(fatBag()).mode).toThrow(/at once/);
  });
});

describe('the store', () => {
  test.each([{}, { bucket: 'b' }, { send: () => undefined }, null])('is refused at once when it is %j', (store) => {
    expect(() => createStateBagShim({ store: store as never, mode: 'rewrite' })).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'OPTION_INVALID' }) as Error,
    );
  });

  test('is refused when a function gives none', async () => {
    const shim = createStateBagShim({ store: () => ({}) as never, mode: 'rewrite' });
    await expect(shim.read(fatBag()).hydrated()).resolves.toBeDefined();
    const wrapped = shim.wrap<Json>((event) => event);
    await expect(wrapped(fatBag())).rejects.toMatchObject({ name: 'ConfigError', code: 'OPTION_INVALID' });
  });

  test.each([
    ['SlowDown', Object.assign(new Error('Please reduce your request rate'), { name: 'SlowDown' })],
    ['a connection error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    ['text', 'no'],
  ])('of the program that throws %s lets an event with its program go on', async (_, error) => {
    const fail = async () => {
      await Promise.resolve();
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- A store of one's own may throw anything.
      throw error;
    };
    const store = { bucket: 'bags', prefix: '', get: fail, put: fail } as never;
    const shim = createStateBagShim({ store, mode: 'rewrite' });
    expect(await shim.wrap<Json>((event) => event)(fatBag())).toEqual(fatBag());
    const lean = (await testShim().shim.write(fatBag())) as Json;
    await expect(shim.wrap<Json>((event) => event)(lean)).rejects.toMatchObject({
      name: 'StateBagRetryableError',
      code: 'STORE_FAILED',
    });
  });
});
