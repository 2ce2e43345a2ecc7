import type { Value } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import type { Bag } from '../bag/bag.js';

/** The envelope of a document that is its own bag. */
const ROOT = '.';

/** Which places of a bag are looked at. */
export class Envelopes {
  readonly #allowed: ReadonlySet<string> | undefined;

  constructor(allowed: readonly string[] | undefined) {
    this.#allowed = allowed && new Set(allowed);
  }

  /** The document itself, or one without a bag when its bag is at a path that is not searched. */
  limit<V extends Value>(bagDocument: BagDocument<V>): BagDocument<V> {
    const [bag] = bagDocument.bags;
    return bag === undefined || this.#admits(bag) ? bagDocument : new BagDocument(bagDocument.root, false);
  }

  #admits({ path }: Bag): boolean {
    return this.#allowed === undefined || this.#allowed.has(path.length === 0 ? ROOT : path.join('.'));
  }
}
