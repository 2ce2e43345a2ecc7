import type { LambdaContext } from '../shim/lambda.js';
import type { AdaptedWire } from '../shim/wire-shim.js';

/** An invocation that a runtime is at work on. */
export interface Invocation {
  readonly adapted: AdaptedWire;
  readonly context: LambdaContext;
  /** Milliseconds since 1970; infinite when the service names none. */
  readonly deadline: number;
}

/** Invocations under way, by request id. What a runtime never answers is forgotten once its time is over. */
export class Invocations {
  readonly #underWay = new Map<string, Invocation>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#underWay.size;
  }

  begin(requestId: string, invocation: Invocation): void {
    const now = this.#now();
    for (const [id, { deadline }] of this.#underWay) if (deadline < now) this.#underWay.delete(id);
    this.#underWay.set(requestId, invocation);
  }

  /** `undefined` for one that is not known, or was answered before. */
  find(requestId: string): Invocation | undefined {
    return this.#underWay.get(requestId);
  }

  /** The service has an answer to it. */
  end(requestId: string): void {
    this.#underWay.delete(requestId);
  }
}

/** Lambda's own clock and limit, as the service names them. */
export function contextUntil(deadline: number, now: () => number = Date.now): LambdaContext {
  return { getRemainingTimeInMillis: () => deadline - now() };
}
