import { BagError } from '../../errors.js';
import type { NodeId } from './types.js';

/** First in, first out, without a node waiting twice, and with an end to how often it may be asked. */
export class WalkQueue {
  readonly #items: NodeId[] = [];
  readonly #waiting = new Set<NodeId>();
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(id: NodeId): void {
    if (this.#waiting.has(id)) return;
    this.#waiting.add(id);
    this.#items.push(id);
  }

  /**
   * The next node, or undefined when none waits.
   *
   * @throws BagError `WORKFLOW_WALK_LIMIT` when more were taken than the limit allows.
   */
  take(): NodeId | undefined {
    const id = this.#items[this.#taken];
    if (id === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken > this.#limit) {
      const message = `More than ${this.#limit} steps in one walk of the workflow`;
      throw new BagError('WORKFLOW_WALK_LIMIT', message, { context: { path: '/edges', limit: this.#limit } });
    }
    this.#waiting.delete(id);
    return id;
  }
}
