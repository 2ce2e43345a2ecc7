import { BagDocument } from '../bag/bag.js';
import type { OutsideNames } from '../bag/envelope.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import type { Value } from '../bag/value.js';
import { BagError, StateBagError } from '../errors/index.js';
import { adaptEvent, fillEvent, resolveProgram, untouched } from './adapt.js';
import type { AdaptedEvent } from './adapt.js';
import { readDocument } from './context.js';
import { startDeadline, startOptional } from './deadline.js';
import { publish } from './diagnostics.js';
import type { WriteMessage } from './diagnostics.js';
import { DEFAULT_MODE } from './settings.js';
import type { LambdaContext, BagIds, Mode } from './options.js';
import { sealResult } from './seal.js';
import type { SealedResult } from './seal.js';
import { withoutAddedProgram, withoutStalePrograms } from './segment.js';
import { shadowEvent } from './shadow.js';
import type { InvocationContext, ShimState } from './form.js';

/** What is known of an invocation besides its event. */
export interface Invocation {
  /** As the option `expectedOwner` gets it. */
  readonly event?: unknown;
  readonly context: LambdaContext | undefined;
  /** False for a handler that runs no segment. */
  readonly wantsSegment: boolean;
}

/** One event that was read. Nothing is followed before one of its methods is called. */
export class EventReading<V extends Value = Value> {
  readonly mode: Mode;
  readonly document: BagDocument<V>;
  readonly #state: ShimState<V>;
  readonly #invocation: Invocation;
  #isTold = false;
  #adapted: Promise<AdaptedEvent<V>> | undefined;
  #outside: readonly OutsideNames[] | undefined;

  /** Throws what a `mode` function throws. */
  constructor(state: ShimState<V>, root: V, invocation: Invocation) {
    this.#state = state;
    this.#invocation = invocation;
    this.document = readDocument(root, state);
    const start = state.settings.clock();
    this.mode = DEFAULT_MODE;
    try {
      this.mode = state.settings.modeOf(() => this.ids);
    } catch (error) {
      this.#publish(start, { code: findCode(error) });
      throw error;
    }
  }

  get ids(): BagIds {
    return this.document.ids;
  }

  /** As the option `expectedOwner` says of this event, asked once. Throws what it throws. */
  outside(): readonly OutsideNames[] {
    const { event, context } = this.#invocation;
    this.#outside ??= this.#state.settings.outsideOf(event, context);
    return this.#outside;
  }

  /**
   * The event for the handler and what the way back needs of it. Made once, so that the answer is held against the
   * event that was handed out.
   */
  adapt(): Promise<AdaptedEvent<V>> {
    this.#adapted ??= this.#adaptOnce();
    return this.#adapted;
  }

  /** The program of the event. Its value is shared: copy before handing it out. */
  resolve(): Promise<ResolvedSegment<V>> {
    return this.#telling(
      () => this.#during((context) => resolveProgram(this.document.root, context)),
      (resolved) => ({ resolved }),
    );
  }

  /** The event with its program and offloaded members inline. */
  fill(): Promise<V> {
    return this.#telling(
      () =>
        this.#during(async (context) => {
          this.#assertObject();
          return fillEvent(this.document, context);
        }),
      () => ({}),
    );
  }

  #adaptOnce(): Promise<AdaptedEvent<V>> {
    const { root } = this.document;
    const isPassed = this.mode === 'observe' || (this.mode === 'shadow' && root.kind() !== 'object');
    return this.#telling(
      () => (isPassed ? untouched(root) : this.#during((context) => this.#adaptIn(context))),
      (adapted) => adapted,
    );
  }

  async #adaptIn(context: InvocationContext<V>): Promise<AdaptedEvent<V>> {
    this.#assertObject();
    const { form } = this.#state;
    const { wantsSegment } = this.#invocation;
    const plain = withoutStalePrograms(this.document, form);
    const document = plain === this.document.root ? this.document : readDocument(plain, this.#state);
    if (this.mode === 'shadow') return shadowEvent(document, context, wantsSegment);
    return adaptEvent(document, context, wantsSegment);
  }

  /** Throws `BagError` `EVENT_INVALID`. */
  #assertObject(): void {
    const kind = this.document.root.kind();
    if (kind !== 'object') throw new BagError('EVENT_INVALID', `an event must be an object; this one is ${kind}`);
  }

  #during<T>(task: (context: InvocationContext<V>) => Promise<T>): Promise<T> {
    const { ids, mode } = this;
    const facts = { state: this.#state, ids, mode, side: 'event', outside: () => this.outside() } as const;
    return withDeadline(facts, this.#invocation.context, task);
  }

  /** Publishes how the first use of the event ended. Later uses are of the same event. */
  async #telling<T>(task: () => T | Promise<T>, factsOn: (found: T) => ReadFacts<V>): Promise<T> {
    const start = this.#state.settings.clock();
    try {
      const found = await task();
      this.#publish(start, factsOn(found));
      return found;
    } catch (error) {
      this.#publish(start, { code: findCode(error) });
      throw error;
    }
  }

  #publish(start: number, facts: ReadFacts<V>): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { settings } = this.#state;
    const { resolved, shadow, code, bytesSaved = 0 } = facts;
    publish('read', () => ({
      ...this.ids,
      mode: this.mode,
      speaks: settings.speaks,
      generation: this.document.generation,
      envelope: this.document.bags[0]?.path.join('.') ?? '',
      ...(resolved === undefined ? {} : { source: resolved.source }),
      ...(resolved?.segmentIndex === undefined ? {} : { segmentIndex: resolved.segmentIndex }),
      ...(shadow === undefined ? {} : { shadow }),
      ...(code === undefined ? {} : { code }),
      bytesSaved,
      durationMs: settings.clock() - start,
    }));
  }
}

/** What became of an event. */
type ReadFacts<V extends Value> = Partial<Pick<AdaptedEvent<V>, 'resolved' | 'shadow' | 'bytesSaved'>> & {
  readonly code?: string;
};

/**
 * The result of a handler as it goes back; the very root when nothing is to be done. `reading` is that of the event
 * which it answers. Throws as `sealResult` does.
 */
export async function sealAnswer<V extends Value>(
  state: ShimState<V>,
  root: V,
  reading: EventReading<V> | undefined,
  lambda: LambdaContext | undefined,
): Promise<V> {
  const { settings } = state;
  const ids = reading?.ids ?? readDocument(root, state).ids;
  const start = settings.clock();
  let mode = reading?.mode;
  const tell = (outcome: Partial<Omit<WriteMessage, keyof BagIds | 'mode' | 'durationMs'>>) => {
    publish('write', () => ({
      ...ids,
      mode: mode ?? DEFAULT_MODE,
      ...(outcome.bytes === undefined ? {} : { bytes: outcome.bytes }),
      offloaded: outcome.offloaded ?? [],
      bytesSaved: outcome.bytesSaved ?? 0,
      generation: outcome.generation ?? readDocument(root, state).generation,
      repaired: outcome.repaired ?? false,
      ...(outcome.code === undefined ? {} : { code: outcome.code }),
      durationMs: settings.clock() - start,
    }));
  };
  try {
    mode ??= settings.modeOf(() => ids);
    const { root: sealed, ...outcome } = await sealIn(state, root, { ids, mode, reading, lambda });
    tell(outcome);
    return sealed;
  } catch (error) {
    tell({ code: findCode(error) });
    throw error;
  }
}

interface Answer<V extends Value> {
  readonly ids: BagIds;
  readonly mode: Mode;
  readonly reading: EventReading<V> | undefined;
  readonly lambda: LambdaContext | undefined;
}

type Sealed<V extends Value> = Partial<SealedResult<V>> & { readonly root: V };

async function sealIn<V extends Value>(
  state: ShimState<V>,
  root: V,
  { ids, mode, reading, lambda }: Answer<V>,
): Promise<Sealed<V>> {
  const before = await reading?.adapt();
  if (mode === 'observe') return { root };
  if (mode === 'shadow') {
    return { root: withoutAddedProgram(new BagDocument(root), before?.added, state.form) };
  }
  let names: readonly OutsideNames[] | undefined;
  const outside = () => (names ??= reading?.outside() ?? state.settings.outsideOf(undefined, lambda));
  const facts = { state, ids, mode, side: 'result', outside } as const;
  return withDeadline(facts, lambda, (context) => sealResult(root, before, context));
}

function findCode(error: unknown): string {
  return error instanceof StateBagError ? error.code : 'UNEXPECTED';
}

async function withDeadline<V extends Value, T>(
  facts: Omit<InvocationContext<V>, 'deadline' | 'optional'>,
  lambda: LambdaContext | undefined,
  task: (context: InvocationContext<V>) => Promise<T>,
): Promise<T> {
  const { settings, breaker } = facts.state;
  const deadline = startDeadline(lambda, settings.limits);
  const optional = startOptional(lambda, settings.limits, breaker);
  try {
    return await task({ ...facts, deadline, optional });
  } finally {
    deadline.dispose();
    optional.dispose();
  }
}
