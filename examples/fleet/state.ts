import { filler } from './filler.js';
import type { JsonObject } from './json-value.js';
import { phrase } from './phrases.js';
import type { Random } from './random.js';
import { compactSize } from './serialise.js';

/** Compact size of one section of a state. */
const SECTION_BYTES = 8 * 1024;

/**
 * A `current_state` of exactly `bytes` in compact UTF-8 (at least about 80): what the nodes of a workflow have left
 * behind.
 */
export function makeState(random: Random, bytes: number): JsonObject {
  const state: JsonObject = {
    case_id: `CASE-${random.below(1e6)}`,
    attempt: random.below(4),
    score: random.below(1000) / 10,
  };
  let left = bytes - compactSize(state);
  for (let at = 0; left > 0; at++) {
    const section = makeSection(random, at, left < 2 * SECTION_BYTES ? left : SECTION_BYTES);
    if (!section) break;
    Object.assign(state, section.member);
    left -= section.size;
  }
  return state;
}

/** A member of `size` bytes, the comma before it included; nothing when it does not fit. */
function makeSection(random: Random, at: number, size: number): { member: JsonObject; size: number } | undefined {
  const key = `section_${String(at).padStart(2, '0')}`;
  const head = { title: phrase(random, 3), confidence: random.below(100) / 100 };
  const frame = compactSize({ [key]: { ...head, rows: [] } }) - 1;
  if (size < frame) return undefined;
  return { member: { [key]: { ...head, rows: filler(random, size - frame + 2) } }, size };
}
