import type { Generation } from '../bag/bag.js';
import { parseLayout } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { resolveSegment } from '../bag/resolve.js';
import type { ProgramSource } from '../bag/resolve.js';
import { ObjectValue } from '../bag/value.js';
import { ConfigError } from '../errors/index.js';
import { BlobCache, StoreHandle } from './caches.js';
import { createState } from './context.js';
import { nameForStateMachine } from './error-name.js';
import { EventReading, sealAnswer } from './invocation.js';
import { ObjectForm } from './object-form.js';
import type {
  CallerEvent,
  GivenEvent,
  Handler,
  LambdaContext,
  Mode,
  ObserveOptions,
  ReadOptions,
  SegmentConfig,
  ShimOptions,
  Speech,
  StoreSource,
} from './options.js';
import { cloneJson } from './plain-values.js';
import { assertKnown, assertNoDecorator, parseOptions, parseReadOptions, parseStore } from './settings.js';
import type { JsonMembers } from '../bag/value.js';

/** Reads old bags and new ones, side by side. Make one per process, outside the handler: its caches live in it. */
export interface StateBagShim<S extends Speech = 'lean'> {
  /**
   * An entrypoint around a handler. What the handler throws passes; errors of the shim are named for a state machine.
   * `E` is the type of the event that comes in, `Config` that of the program. Throws `ConfigError` `HANDLER_INVALID`
   * for a value that is not a function, and for a function that takes a callback, streams or generates.
   *
   * @example
   *     const handler = shim.wrap<MyBag, MyResult, Context, MyProgram>((event) => run(event.segment_config.nodes));
   */
  wrap<
    E extends object = Record<string, unknown>,
    R = unknown,
    C extends LambdaContext = LambdaContext,
    Config = SegmentConfig,
  >(
    handler: Handler<E, R, C, Config, S>,
    options?: ReadOptions,
  ): (event: CallerEvent<E>, context?: C) => Promise<R>;
  /** The same for a handler whose parameter has a type of its own, such as `MyBag & SegmentMembers<MyProgram>`. */
  wrap<G extends GivenEvent<S>, R = unknown, C extends LambdaContext = LambdaContext>(
    handler: (event: G, context: C) => R | Promise<R>,
    options?: ReadOptions,
  ): (event: CallerEvent<G>, context?: C) => Promise<R>;
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
 * (`OPTION_UNKNOWN`, `OPTION_INVALID`, `LAYOUT_INVALID`, `STORE_MISSING`) for options that are unknown or wrong. The
 * mode `observe` needs no store.
 *
 * @example
 *     const shim = createStateBagShim({ store: s3BlobStore({ bucket: 'my-bags' }), mode: 'rewrite' });
 *     export const handler = shim.wrap(async (event) => run(event.segment_config));
 */
export function createStateBagShim<S extends Speech = 'lean'>(
  options: (ShimOptions | ObserveOptions) & { readonly speaks?: S },
): StateBagShim<S> {
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
    wrap: (handler: UntypedHandler, options: ReadOptions = {}) => {
      assertNoDecorator(options);
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

/** The types of a handler are those of its caller. */
type UntypedHandler = (...args: never[]) => unknown;

type Read = (event: unknown, context: LambdaContext | undefined) => BagReading;
type Write = (result: unknown, reading: BagReading, context: LambdaContext | undefined) => Promise<unknown>;

/** Read, handle, write. Throws `ConfigError` `HANDLER_INVALID`. */
function wrapHandler(
  handler: UntypedHandler,
  read: Read,
  write: Write,
): (event: unknown, context?: LambdaContext) => Promise<never> {
  assertHandler(handler);
  const wrapped = async function (this: unknown, event: unknown, context?: LambdaContext): Promise<unknown> {
    const [reading, adapted] = await named(async () => {
      const reading = read(event, context);
      return [reading, await reading.runnerEvent()] as const;
    });
    // A handler called by hand, in a test, may go without a context.
    const result: unknown = await Reflect.apply(handler, this, [adapted, context, refuseCallback]);
    return named(() => write(result, reading, context));
  };
  // Traces and metrics ask for the name.
  return Object.defineProperty(wrapped, 'name', { value: handler.name, configurable: true }) as ReturnType<
    typeof wrapHandler
  >;
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

export interface ResolveSegmentOptions {
  /** Position in the map, instead of the one the event names. */
  readonly index?: number;
  readonly signal?: AbortSignal;
  /** Key templates of the shim that wrote the bags, when they are not the default ones. */
  readonly layout?: Partial<Layout>;
}

/**
 * The program of the segment that an event asks for, whatever form its bag has, without a shim: nothing is kept and
 * nothing rewritten. Never gives another program. Throws what `read` of a shim throws: `BagError` (`EVENT_INVALID`,
 * `OWNER_MISMATCH`, `SEGMENT_*`, …), `PointerError`, `IntegrityError`, `StoreError`; `ConfigError` for options that are
 * unknown or wrong.
 *
 * @example
 *     const { segmentConfig, segmentIndex, source } = await resolveSegmentConfig(event, store);
 */
export async function resolveSegmentConfig(
  event: unknown,
  store: StoreSource,
  options: ResolveSegmentOptions = {},
): Promise<FoundSegment> {
  assertKnown('resolveSegmentConfig', options);
  const { layout, ...call } = options;
  const blobs = new BlobCache(new StoreHandle(parseStore(store)), 0, parseLayout(layout));
  const { segmentConfig, ...found } = await resolveSegment(new ObjectValue(event), blobs, call);
  return { ...found, segmentConfig: cloneJson(segmentConfig.raw) as SegmentConfig };
}

/** A program as it was found. */
export interface FoundSegment {
  /** The caller's own copy. */
  readonly segmentConfig: SegmentConfig;
  /** Position in the map; `undefined` when the event carries its program and names no index. */
  readonly segmentIndex: number | undefined;
  readonly source: ProgramSource;
}

/** An event that was looked at. Nothing is followed before one of its methods is called. */
export interface BagReading {
  readonly mode: Mode;
  readonly generation: Generation;
  /** Member names from the event to its bag; empty when the event is the bag. */
  readonly envelope: readonly string[];
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  /**
   * The bag as it came, the innermost one where a merge nested two; undefined when the event holds none. Not to be
   * changed.
   */
  readonly bag: JsonMembers | undefined;
  /** Throws typed errors, never gives another program; see `docs/adapter.md`. */
  segment(): Promise<FoundSegment>;
  segmentConfig(): Promise<SegmentConfig>;
  /** The event as `wrap` hands it to a handler in this mode. Made once. */
  runnerEvent(): Promise<unknown>;
  /** The event with `workflow_config`, `partition_map` and offloaded members inline. */
  hydrated(): Promise<unknown>;
}

/** An event from `JSON.parse` that was read. */
class Reading implements BagReading {
  constructor(readonly inner: EventReading<ObjectValue>) {}

  get mode(): Mode {
    return this.inner.mode;
  }

  get ownerId(): string | undefined {
    return this.inner.ids.ownerId;
  }

  get workflowId(): string | undefined {
    return this.inner.ids.workflowId;
  }

  get generation(): Generation {
    return this.inner.document.generation;
  }

  get envelope(): readonly string[] {
    return this.inner.document.bags[0]?.path ?? [];
  }

  get bag(): JsonMembers | undefined {
    return this.inner.document.bags[0]?.value.raw as JsonMembers | undefined;
  }

  async segment(): Promise<FoundSegment> {
    const { segmentConfig, ...found } = await this.inner.resolve();
    return { ...found, segmentConfig: cloneJson(segmentConfig.raw) as SegmentConfig };
  }

  async segmentConfig(): Promise<SegmentConfig> {
    return (await this.segment()).segmentConfig;
  }

  async runnerEvent(): Promise<unknown> {
    return (await this.inner.adapt()).root.raw;
  }

  async hydrated(): Promise<unknown> {
    return (await this.inner.fill()).raw;
  }
}
