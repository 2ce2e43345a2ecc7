import type { ByteValue } from '../bag/value.js';
import { LRUCache } from 'lru-cache';
import type { BlobAddressing } from '../bag/addressing.js';
import type { Bag } from '../bag/bag.js';
import { CONFIG, MAP } from '../bag/members.js';
import type { BagSources } from '../bag/sources.js';
import { isReprint } from './same-text.js';

/** Pairs of spellings that are remembered: digests only. */
const REMEMBERED = 256;

/**
 * Finds in a returned bag the config and map that its handler was given and printed anew, and gives them their own
 * spelling back: they are the blobs they came from, and nothing new is stored. What was found once is known by its
 * bytes.
 */
export class Respeller {
  readonly #digest: BlobAddressing['digest'];
  readonly #known = new LRUCache<string, boolean>({ max: REMEMBERED });

  constructor(digest: BlobAddressing['digest']) {
    this.#digest = digest;
  }

  /** Sources of a bag that answers `handed`. */
  respell({ config, map }: Bag<ByteValue>, sources: BagSources<ByteValue>, handed: ByteValue): BagSources<ByteValue> {
    return {
      ...sources,
      ...(config.state === 'inline' && sources.config?.is(config.value) === true
        ? { config: this.#original(handed, CONFIG, config.value) }
        : {}),
      ...(map.state === 'inline' && sources.map?.is(map.value) === true
        ? { map: this.#original(handed, MAP, map.value) }
        : {}),
    };
  }

  #original(handed: ByteValue, name: string, printed: ByteValue): ByteValue {
    const original = handed.member(name);
    return original && this.#isReprint(original, printed) ? original : printed;
  }

  #isReprint(original: ByteValue, printed: ByteValue): boolean {
    const pair = `${this.#digest(original.bytes())} ${this.#digest(printed.bytes())}`;
    const known = this.#known.get(pair) ?? isReprint(original, printed);
    this.#known.set(pair, known);
    return known;
  }
}
