import { BagDocument } from '../bag/bag.js';
import type { Generation } from '../bag/bag.js';
import type { OutsideNames } from '../bag/envelope.js';
import { ObjectValue } from '../bag/value.js';
import { BagError } from '../errors.js';
import { adaptEvent } from './adapt-event.js';
import type { AdaptedEvent } from './adapt-event.js';
import type { BagReading, FoundSegment, ReadOptions } from './bag-reading.js';
import { startDeadline } from './deadline.js';
import { publish } from './diagnostics.js';
import type { Engine, Work } from './engine.js';
import { fillEvent } from './fill-event.js';
import { cloneJson } from './json-clone.js';
import { isMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import type { LambdaContext, SegmentConfig } from './lambda.js';
import type { BagIds, Mode } from './options.js';
import { resolveProgram } from './resolve-program.js';
import { withoutStalePrograms } from './segment-members.js';
import { shadowEvent } from './shadow.js';
import { assertUnmixedObjects } from '../bag/mixed-pointer.js';

export class Reading implements BagReading {
  readonly mode: Mode;
  readonly #engine: Engine;
  readonly #event: unknown;
  readonly #context: LambdaContext | undefined;
  readonly #wantsSegment: boolean;
  #bagDocument: BagDocument<ObjectValue> | undefined;
  #adapted: Promise<AdaptedEvent | undefined> | undefined;
  #outside: readonly OutsideNames[] | undefined;

  constructor(engine: Engine, event: unknown, context: LambdaContext | undefined, { segment = true }: ReadOptions) {
    this.#engine = engine;
    this.#event = event;
    this.#context = context;
    this.#wantsSegment = segment;
    this.mode = engine.settings.modeOf(() => this.ids);
  }

  get ids(): BagIds {
    return this.#detect().ids;
  }

  get ownerId(): string | undefined {
    return this.ids.ownerId;
  }

  get workflowId(): string | undefined {
    return this.ids.workflowId;
  }

  get generation(): Generation {
    return this.#detect().generation;
  }

  get envelope(): readonly string[] {
    return this.#detect().bags[0]?.path ?? [];
  }

  get bag(): JsonMembers | undefined {
    return this.#detect().bags[0]?.value.raw as JsonMembers | undefined;
  }

  segment(): Promise<FoundSegment> {
    return this.#during(async (work) => {
      const { segmentConfig, ...found } = await resolveProgram(this.#event, work);
      return { ...found, segmentConfig: cloneJson(segmentConfig) as SegmentConfig };
    });
  }

  async segmentConfig(): Promise<SegmentConfig> {
    return (await this.segment()).segmentConfig;
  }

  async runnerEvent(): Promise<unknown> {
    const adapted = await this.adapt();
    return adapted ? adapted.event : this.#event;
  }

  hydrated(): Promise<unknown> {
    return this.#during(async (work) => {
      assertUnmixedObjects(this.#event, this.#detect().bags);
      return fillEvent(this.#members(), this.#detect(), work);
    });
  }

  /**
   * The event for the handler and what the way back needs of it; `undefined` when the handler gets the very event that
   * came in. Made once, so that the answer is held against the event that was handed out.
   */
  adapt(): Promise<AdaptedEvent | undefined> {
    this.#adapted ??= this.#adaptOnce();
    return this.#adapted;
  }

  /** As the option says of this event, asked once. Throws what `expectedOwner` throws. */
  outside(): readonly OutsideNames[] {
    this.#outside ??= this.#engine.settings.outsideOf(this.#event, this.#context);
    return this.#outside;
  }

  async #adaptOnce(): Promise<AdaptedEvent | undefined> {
    const start = this.#engine.settings.clock();
    const isPassed = this.mode === 'observe' || (this.mode === 'shadow' && !isMembers(this.#event));
    const adapted = isPassed ? undefined : await this.#during((work) => this.#adaptMembers(this.#members(), work));
    this.#publish(start, adapted);
    return adapted;
  }

  #adaptMembers(event: JsonMembers, work: Work): Promise<AdaptedEvent> {
    const plain = withoutStalePrograms(event, this.#detect());
    const bagDocument =
      plain === event ? this.#detect() : new BagDocument(new ObjectValue(plain), true, work.engine.addresses);
    if (this.mode === 'shadow') return shadowEvent(plain, bagDocument, work, this.#wantsSegment);
    assertUnmixedObjects(plain, bagDocument.bags);
    return adaptEvent(plain, bagDocument, work, this.#wantsSegment);
  }

  /** Throws `BagError` `EVENT_INVALID`. */
  #members(): JsonMembers {
    if (isMembers(this.#event)) return this.#event;
    throw new BagError(
      'EVENT_INVALID',
      `an event must be an object; this one is ${new ObjectValue(this.#event).kind()}`,
    );
  }

  #detect(): BagDocument<ObjectValue> {
    this.#bagDocument ??= new BagDocument(new ObjectValue(this.#event), true, this.#engine.addresses);
    return this.#bagDocument;
  }

  async #during<T>(task: (work: Work) => Promise<T>): Promise<T> {
    const deadline = startDeadline(this.#context, this.#engine.settings.limits);
    try {
      const outside = () => this.outside();
      return await task({ engine: this.#engine, ids: this.ids, mode: this.mode, side: 'event', deadline, outside });
    } finally {
      deadline.dispose();
    }
  }

  #publish(start: number, adapted: AdaptedEvent | undefined): void {
    const { resolved, shadow, bytesSaved = 0 } = adapted ?? {};
    publish('read', () => ({
      ...this.ids,
      mode: this.mode,
      speaks: this.#engine.settings.speaks,
      generation: this.generation,
      envelope: this.envelope.join('.'),
      ...(resolved === undefined ? {} : { source: resolved.source }),
      ...(resolved?.segmentIndex === undefined ? {} : { segmentIndex: resolved.segmentIndex }),
      ...(shadow === undefined ? {} : { shadow }),
      bytesSaved,
      durationMs: this.#engine.settings.clock() - start,
    }));
  }
}
