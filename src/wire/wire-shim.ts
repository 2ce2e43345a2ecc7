import type { ByteValue } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { assertUnmixedBytes } from '../bag/mixed-pointer.js';
import { BagError } from '../errors.js';
import { startDeadline } from '../adapter/deadline.js';
import { publish } from '../adapter/diagnostics.js';
import type { Side } from '../adapter/diagnostics.js';
import type { LambdaContext } from '../adapter/lambda.js';
import type { BagIds, Mode } from '../adapter/options.js';
import { adaptText, untouchedText } from './adapt-event.js';
import type { AdaptedText } from './adapt-event.js';
import { createWireEngine } from './engine.js';
import type { WireEngine, WireWork } from './engine.js';
import type { WireOptions } from './options.js';
import { sealText } from './seal-result.js';
import { shadowText } from './shadow-text.js';
import { readText } from './text-edit.js';
import type { Text } from './text-edit.js';
import { withoutAddedProgram, withoutStalePrograms } from './segment-members.js';

/** An event that was adapted, for the seal of its result. */
export interface AdaptedWire {
  /** The event for the handler: the very bytes that came in when nothing was to be done. */
  readonly bytes: Uint8Array;
  readonly mode: Mode;
  readonly ids: BagIds;
  readonly text: AdaptedText;
}

/**
 * The shim over bytes, for runners in other processes: what `createStateBagShim` does to objects, with every number,
 * name and blank spelled as it came. Make one per process: its caches live in it.
 */
export class WireShim {
  readonly #engine: WireEngine;

  /** Throws `ConfigError` for options that are unknown or wrong. */
  constructor(options: WireOptions) {
    this.#engine = createWireEngine(options);
  }

  /**
   * The event for its handler. An object that is no bag stays as it is. Throws what resolving and reading throw, and
   * `BagError` for what is no JSON or no object, unless the options let that pass.
   */
  async adapt(bytes: Uint8Array, context?: LambdaContext): Promise<AdaptedWire> {
    const start = this.#engine.settings.clock();
    const text = this.#engine.passesUnreadable ? detectObject(bytes) : readObject(bytes);
    if (text === undefined) return { bytes, mode: 'observe', ids: NOBODY, text: untouchedText(bytes) };
    const bagDocument = this.#detect(text);
    const ids = bagDocument.ids;
    const mode = this.#engine.settings.modeOf(() => ids);
    const adapted = await this.#during('event', mode, ids, context, (work) => this.#adaptIn(text, bagDocument, work));
    this.#publishRead(bagDocument, mode, adapted, start);
    return { bytes: adapted.bytes, mode, ids, text: adapted };
  }

  /**
   * The result of a handler as it is to go back. `before` is the event that it answers. What is no JSON object is given
   * back as it is. Throws `PAYLOAD_TOO_LARGE`, what the store said when only its answer would make the result fit, and
   * the errors that stop an execution.
   */
  async seal(bytes: Uint8Array, before?: AdaptedWire, context?: LambdaContext): Promise<Uint8Array> {
    const text = detectText(bytes);
    if (text === undefined) return bytes;
    const ids = before?.ids ?? this.#detect(text).ids;
    const mode = before?.mode ?? this.#engine.settings.modeOf(() => ids);
    if (mode === 'observe') return bytes;
    if (!isObjectText(text)) return passList(text, mode);
    if (mode === 'shadow') return withoutAddedProgram(text, before?.text.added).bytes;
    const start = this.#engine.settings.clock();
    const sealed = await this.#during('result', mode, ids, context, (work) => sealText(text, before?.text, work));
    const { bytes: written, ...facts } = sealed;
    publish('write', () => ({
      ...ids,
      mode,
      ...facts,
      bytes: written.length,
      durationMs: this.#engine.settings.clock() - start,
    }));
    return written;
  }

  async #adaptIn(text: Text, bagDocument: BagDocument<ByteValue>, work: WireWork): Promise<AdaptedText> {
    if (work.mode === 'observe') return untouchedText(text.bytes);
    const plain = withoutStalePrograms(text, bagDocument);
    const found = plain === text ? bagDocument : this.#detect(plain);
    if (work.mode === 'shadow') return shadowText(plain, found, work);
    assertUnmixedBytes(plain.root, found.bags);
    return adaptText(plain, found, work);
  }

  #detect({ root }: Text): BagDocument<ByteValue> {
    return this.#engine.envelopes.limit(
      new BagDocument(root.remember(this.#engine.parsed), true, this.#engine.addresses),
    );
  }

  async #during<T>(
    side: Side,
    mode: Mode,
    ids: BagIds,
    context: LambdaContext | undefined,
    task: (work: WireWork) => Promise<T>,
  ): Promise<T> {
    const deadline = startDeadline(context, this.#engine.settings.limits);
    try {
      const outside = () => this.#engine.settings.outsideOf(undefined, context);
      return await task({ engine: this.#engine, ids, mode, side, deadline, outside });
    } finally {
      deadline.dispose();
    }
  }

  #publishRead(
    bagDocument: BagDocument<ByteValue>,
    mode: Mode,
    { resolved, shadow, bytesSaved }: AdaptedText,
    start: number,
  ): void {
    const { generation, bags } = bagDocument;
    publish('read', () => ({
      ...bagDocument.ids,
      mode,
      speaks: this.#engine.settings.speaks,
      generation,
      envelope: bags[0]?.path.join('.') ?? '',
      ...(resolved === undefined ? {} : { source: resolved.source }),
      ...(resolved?.segmentIndex === undefined ? {} : { segmentIndex: resolved.segmentIndex }),
      ...(shadow === undefined ? {} : { shadow }),
      bytesSaved,
      durationMs: this.#engine.settings.clock() - start,
    }));
  }
}

const NOBODY: BagIds = { ownerId: undefined, workflowId: undefined };

/** A result that is no object holds no bag, but may hold data merged into a pointer. */
function passList({ bytes, root }: Text, mode: Mode): Uint8Array {
  if (mode !== 'shadow') assertUnmixedBytes(root, []);
  return bytes;
}

function isObjectText({ root }: Text): boolean {
  return root.kind() === 'object';
}

function readObject(bytes: Uint8Array): Text {
  const text = readText(bytes);
  if (isObjectText(text)) return text;
  throw new BagError('EVENT_INVALID', `an event must be an object; this one is ${text.root.kind()}`);
}

function detectObject(bytes: Uint8Array): Text | undefined {
  const text = detectText(bytes);
  return text && isObjectText(text) ? text : undefined;
}

function detectText(bytes: Uint8Array): Text | undefined {
  try {
    return readText(bytes);
  } catch (error) {
    // A result may be anything; what holds no bag is none of the shim's business.
    if (error instanceof BagError) return undefined;
    throw error;
  }
}
