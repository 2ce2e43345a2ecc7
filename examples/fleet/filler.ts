import type { JsonObject, JsonValue } from './json-value.js';
import { asciiText, longPhrase, shortPhrase } from './phrases.js';
import type { Random } from './random.js';
import { compactSize } from './serialise.js';

/** No record is longer than this, its comma included. */
const LONGEST_RECORD = 400;

/** A record without its two texts and its weight, and the comma before it. */
const RECORD_FRAME = '{"title":"","text":"","weight":},'.length;

/**
 * A list of records that is exactly `bytes` long in compact UTF-8 (at least 2; 3 comes out as 2). Many small strings with a
 * quote every 15 to 25 bytes, as in real configurations, rather than one giant string that any scanner would fly over.
 */
export function filler(random: Random, bytes: number): JsonValue[] {
  const items: JsonValue[] = [];
  let left = bytes - 2;
  while (left > LONGEST_RECORD) {
    const { record, size } = makeRecord(random);
    items.push(record);
    left -= size;
  }
  if (left >= 2) items.push(asciiText(random, left - 2));
  return items;
}

/** Puts filler under `key` so that the object's compact size grows from `size` to `target`; too large already, it stays. */
export function padTo(random: Random, object: JsonObject, key: string, size: number, target: number): void {
  const frame = compactSize({ [key]: [] }) - 2 + (Object.keys(object).length > 0 ? 1 : 0);
  const missing = target - size - frame;
  if (missing >= 0) object[key] = filler(random, missing + 2);
}

function makeRecord(random: Random): { record: JsonObject; size: number } {
  const title = shortPhrase(random);
  const text = longPhrase(random);
  const weight = random.below(1000) / 1000;
  const size = RECORD_FRAME + title.bytes + text.bytes + String(weight).length;
  return { record: { title: title.text, text: text.text, weight }, size };
}
