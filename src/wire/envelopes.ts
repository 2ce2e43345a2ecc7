import type { ByteValue } from '../bag/value.js';
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

  /** The detection itself, or one of a foreign document when its bag lies where none is looked for. */
  limit(detection: BagDocument<ByteValue>): BagDocument<ByteValue> {
    const [bag] = detection.bags;
    return bag === undefined || this.#admits(bag) ? detection : new BagDocument(detection.root, false);
  }

  #admits({ path }: Bag<ByteValue>): boolean {
    return this.#allowed === undefined || this.#allowed.has(path.length === 0 ? ROOT : path.join('.'));
  }
}
