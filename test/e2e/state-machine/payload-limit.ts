/** Bytes of UTF-8 that Step Functions takes as input or output of an execution, a state, a task or a callback. */
export const PAYLOAD_LIMIT = 262_144;

/** Looks at a payload on its way; what it throws ends the execution. */
export type Inspect = (place: string, payload: unknown) => void;

/**
 * What Step Functions ends an execution with. No `Retry` and no `Catch` matches it, which the interpreter asks of the
 * error itself.
 */
class DataLimitExceeded extends Error {
  override readonly name = 'States.DataLimitExceeded';
  readonly isRetryable = false;
  readonly isCatchable = false;

  constructor(place: string, bytes: number) {
    super(`The ${place} takes ${bytes} bytes of at most ${PAYLOAD_LIMIT}.`);
  }
}

export interface Weighed {
  readonly place: string;
  readonly bytes: number;
}

/** Weighs every payload as Step Functions does, and keeps what they weighed. */
export class Scales {
  readonly weighed: Weighed[] = [];
  /** What one state puts out is the very object that the next one takes in. */
  readonly #known = new WeakMap<object, number>();

  readonly weigh: Inspect = (place, payload) => {
    const bytes = this.#bytesOf(payload);
    this.weighed.push({ place, bytes });
    if (bytes > PAYLOAD_LIMIT) throw new DataLimitExceeded(place, bytes);
  };

  get largest(): number {
    return Math.max(...this.weighed.map(({ bytes }) => bytes));
  }

  #bytesOf(payload: unknown): number {
    if (typeof payload !== 'object' || payload === null) return sizeOf(payload);
    const bytes = this.#known.get(payload) ?? sizeOf(payload);
    this.#known.set(payload, bytes);
    return bytes;
  }
}

/** UTF-8 of the JSON text. */
export function sizeOf(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload ?? null));
}
