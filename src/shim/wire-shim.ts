import type { ByteValue } from '../bag/value.js';
import { BagError } from '../errors/index.js';
import { ByteForm } from './byte-form.js';
import { createState, readDocument } from './context.js';
import { publish } from './diagnostics.js';
import { EventReading, sealAnswer } from './invocation.js';
import type { LambdaContext, BagIds, Mode, WireOptions } from './options.js';
import { DEFAULT_MODE, parseOptions } from './settings.js';
import type { ShimState } from './form.js';

/** An event that was adapted, for the seal of its result. */
export interface AdaptedWire {
  /** The event for the handler: the very bytes that came in when nothing was to be done. */
  readonly bytes: Uint8Array;
  readonly mode: Mode;
  readonly ids: BagIds;
  /** Absent for an event that passed because it is no JSON object. */
  readonly reading?: EventReading<ByteValue>;
}

/**
 * The shim over bytes, for runners in other processes: what `createStateBagShim` does to objects, with every number,
 * name and blank spelled as it came. Make one per process: its caches live in it.
 */
export class WireShim {
  readonly #state: ShimState<ByteValue> & { readonly form: ByteForm };
  readonly #wantsSegment: boolean;
  readonly #passesUnreadable: boolean;

  /** Throws `ConfigError` for options that are unknown or wrong. */
  constructor({ segment = true, envelopes, onUnreadable = 'error', expectedOwner, ...options }: WireOptions) {
    const settings = parseOptions({
      ...options,
      ...(expectedOwner !== undefined && { expectedOwner: () => expectedOwner }),
    });
    this.#state = createState<ByteValue, ByteForm>(
      settings,
      (_blobs, cacheBytes) => new ByteForm(cacheBytes),
      envelopes,
    );
    this.#wantsSegment = segment;
    this.#passesUnreadable = onUnreadable === 'pass';
  }

  /**
   * The event for its handler. An object that is no bag stays as it is. Throws what resolving and reading throw, and
   * `BagError` for bytes that are not JSON or not an object, unless the options let that pass.
   */
  async adapt(bytes: Uint8Array, context?: LambdaContext): Promise<AdaptedWire> {
    const root = this.#passesUnreadable ? this.#detect(bytes) : this.#openEvent(bytes);
    if (root === undefined || (this.#passesUnreadable && root.kind() !== 'object')) {
      this.#publishUnread();
      return { bytes, mode: DEFAULT_MODE, ids: NO_IDS };
    }
    const reading = new EventReading(this.#state, root, { context, wantsSegment: this.#wantsSegment });
    const adapted = await reading.adapt();
    return { bytes: adapted.root.document.bytes, mode: reading.mode, ids: reading.ids, reading };
  }

  /**
   * The result of a handler as it is to go back. `before` is the event that it answers. What is no JSON is given back
   * as it is. Throws `PAYLOAD_TOO_LARGE`, what the store said when only its answer would make the result fit, and the
   * errors that stop an execution.
   */
  async seal(bytes: Uint8Array, before?: AdaptedWire, context?: LambdaContext): Promise<Uint8Array> {
    const root = this.#detect(bytes);
    if (root === undefined || (before && !before.reading)) {
      this.#publishPassed(bytes, root, before);
      return bytes;
    }
    const sealed = await sealAnswer(this.#state, root, before?.reading, context);
    return sealed.document.bytes;
  }

  /** Throws `BagError` for bytes that are not JSON. */
  #openEvent(bytes: Uint8Array): ByteValue {
    try {
      return this.#state.form.open(bytes);
    } catch (error) {
      if (error instanceof BagError) this.#publishUnread(error.code);
      throw error;
    }
  }

  #publishUnread(code?: string): void {
    const { speaks } = this.#state.settings;
    publish('read', () => ({
      ...NO_IDS,
      mode: DEFAULT_MODE,
      speaks,
      ...PASSED,
      envelope: '',
      ...(code === undefined ? {} : { code }),
    }));
  }

  #publishPassed(bytes: Uint8Array, root: ByteValue | undefined, before: AdaptedWire | undefined): void {
    publish('write', () => {
      const { ids, mode } = before ?? { ids: NO_IDS, mode: DEFAULT_MODE };
      const document = root && readDocument(root, this.#state);
      const found = document && { ...document.ids, generation: document.generation };
      return { ...ids, mode, ...PASSED, ...found, bytes: bytes.length, offloaded: [], repaired: false };
    });
  }

  /** A result may be anything; what holds no bag is none of the shim's business. */
  #detect(bytes: Uint8Array): ByteValue | undefined {
    try {
      return this.#state.form.open(bytes);
    } catch (error) {
      if (error instanceof BagError) return undefined;
      throw error;
    }
  }
}

const NO_IDS: BagIds = { ownerId: undefined, workflowId: undefined };

/** In messages about what is not read. */
const PASSED = { generation: 'foreign', bytesSaved: 0, durationMs: 0 } as const;
