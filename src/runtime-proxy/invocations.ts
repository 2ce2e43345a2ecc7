import type { LambdaContext } from '../shim/options.js';
import type { AdaptedWire } from '../shim/wire-shim.js';

/** An invocation that a runtime is at work on. */
export interface Invocation {
  readonly adapted: AdaptedWire;
  readonly context: LambdaContext;
  /** Milliseconds since 1970; infinite when the service names none. */
  readonly deadline: number;
}

/**
 * What names an invocation. The service may give a request id twice at a time: to an invocation that timed out, and to
 * its retry. Newer services tell the two apart by an invocation id, which newer runtimes send back.
 */
export interface InvocationKey {
  readonly requestId: string;
  readonly invocationId: string | undefined;
}

/** Invocations under way. What a runtime never answers is forgotten once its time is over. */
export class Invocations {
  readonly #underWay = new Set<{ readonly key: InvocationKey; readonly invocation: Invocation }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#underWay.size;
  }

  begin(key: InvocationKey, invocation: Invocation): void {
    const now = this.#now();
    for (const entry of this.#underWay) if (entry.invocation.deadline < now) this.#underWay.delete(entry);
    this.end(key);
    this.#underWay.add({ key, invocation });
  }

  /**
   * `undefined` for one that is not known, or whose answer the service has. Without an invocation id it is the latest
   * of that request.
   */
  find(key: InvocationKey): Invocation | undefined {
    return this.#entry(key)?.invocation;
  }

  /** The service has accepted an answer to it. */
  end(key: InvocationKey): void {
    const entry = this.#entry(key);
    if (entry) this.#underWay.delete(entry);
  }

  #entry({ requestId, invocationId }: InvocationKey) {
    return [...this.#underWay].findLast(
      ({ key }) => key.requestId === requestId && (invocationId === undefined || key.invocationId === invocationId),
    );
  }
}

/** Lambda's own clock and limit, as the service names them. */
export function contextUntil(deadline: number, now: () => number = Date.now): LambdaContext {
  return { getRemainingTimeInMillis: () => deadline - now() };
}
