import { Shared } from './json-value.js';
import type { JsonObject, JsonValue } from './json-value.js';
import { asciiText, phrase } from './phrases.js';
import { seededRandom } from './random.js';
import type { Random } from './random.js';
import { compactSize } from './serialise.js';

/** A record and its compact size with the comma before it. */
interface StockRecord {
  readonly value: Shared;
  readonly size: number;
}

/** Enough that no two fillers are alike, few enough that each is spelled only once in a run. */
const STOCK = 2048;

/** `[""]`: from here on every size can be met. */
const SMALLEST_FILLER = 4;

let stock: readonly StockRecord[] | undefined;

/**
 * A list of records that is exactly `bytes` long in compact UTF-8 (at least 4). Many small strings with a
 * quote about every 20 bytes, as in real configurations, rather than one giant string that any scanner would fly over.
 */
export function filler(random: Random, bytes: number): JsonValue[] {
  stock ??= makeStock();
  const items: JsonValue[] = [];
  let left = bytes - 2;
  for (;;) {
    const { value, size } = random.pick(stock);
    if (size + 2 > left) break;
    items.push(value);
    left -= size;
  }
  if (left >= 2) items.push(asciiText(random, left - 2));
  return items;
}

/**
 * Puts filler under `key` so that the object's compact size grows by `growth` bytes. Answers what it grew by: `growth`,
 * or 0 when that was too little for a member.
 */
export function pad(random: Random, object: JsonObject, key: string, growth: number): number {
  const frame = compactSize(key) + ':'.length + (Object.keys(object).length > 0 ? ','.length : 0);
  if (growth < frame + SMALLEST_FILLER) return 0;
  object[key] = filler(random, growth - frame);
  return growth;
}

function makeStock(): readonly StockRecord[] {
  const random = seededRandom(0x51a7);
  return Array.from({ length: STOCK }, () => {
    const value = new Shared({ title: phrase(random, 3), text: phrase(random, 20), weight: random.below(1000) / 1000 });
    return { value, size: compactSize(value) + 1 };
  });
}
