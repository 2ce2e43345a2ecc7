import { LRUCache } from 'lru-cache';
import type { BlobAddressing } from '../bag/keys.js';
import type { Bag } from '../bag/bag.js';
import { CONFIG, MAP } from '../bag/members.js';
import type { BagSources } from '../bag/sources.js';
import type { ByteValue } from '../bag/value.js';

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

/** Deeper values count as different: the comparison recurses. */
const MAX_DEPTH = 1_000;

/**
 * True when one value is what a runtime makes of the other by reading and printing it: the same members in the same
 * order, the same text, numbers that were spelled anew. `printed` may hold an integer beyond 2^53 as JavaScript rounds
 * it.
 */
export function isReprint(original: ByteValue, printed: ByteValue): boolean {
  return isSame(original, printed, 0);
}

function isSame(original: ByteValue, printed: ByteValue, depth: number): boolean {
  const kind = original.kind();
  if (kind !== printed.kind() || depth > MAX_DEPTH) return false;
  const [one, other] = [original.bytes(), printed.bytes()];
  if (Buffer.compare(one, other) === 0) return true;
  switch (kind) {
    case 'object':
      return hasSameMembers(original, printed, depth + 1);
    case 'array':
      return hasSameItems(original, printed, depth + 1);
    case 'string':
      return original.text() === printed.text();
    case 'number':
      return isSameNumber(latin1(one), latin1(other));
    default:
      return false;
  }
}

function hasSameMembers(original: ByteValue, printed: ByteValue, depth: number): boolean {
  const [names, others] = [original.names(), printed.names()];
  return (
    names.length === others.length &&
    names.every((name, at) => name === others[at] && isSame(original.member(name)!, printed.member(name)!, depth))
  );
}

function hasSameItems(original: ByteValue, printed: ByteValue, depth: number): boolean {
  const [items, others] = [original.items(), printed.items()];
  return items.length === others.length && items.every((item, at) => isSame(item, others[at]!, depth));
}

const WHOLE = /^-?\d+$/;

/** Python keeps integers and floats apart and prints both exactly; JavaScript has doubles only. */
function isSameNumber(original: string, printed: string): boolean {
  const value = Number(original);
  if (printed === JSON.stringify(value)) return true;
  return !WHOLE.test(original) && !WHOLE.test(printed) && value === Number(printed);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
