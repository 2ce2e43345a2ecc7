import { isBag, isComplete, openMember, WRAPPERS } from '../envelope.js';
import type { Envelope, EnvelopeLevel } from '../envelope.js';
import { isObject } from '../value-reader.js';
import type { ValueReader } from '../value-reader.js';

/** Objects that nest deeper count as bags unseen: their paths would cost the square of their number. */
const MAX_LEVELS = 64;

interface Place<V> {
  readonly level: EnvelopeLevel<V>;
  /** The wrapper that leads on to the bag. */
  readonly next: string | undefined;
  /** Below `bag` or `Payload` of a complete bag only a complete bag is one; all else is user data. */
  readonly isData: boolean;
}

/**
 * Bags under the names of wrappers that are not on the way to the bag: copies inside a complete bag, bags next to the
 * one that is unwrapped, and bags deeper than wrappers are opened. Each must be as lean as the bag itself.
 */
export function strayBags<V>(reader: ValueReader<V>, { visited }: Envelope<V>): readonly EnvelopeLevel<V>[] {
  const strays: EnvelopeLevel<V>[] = [];
  const places = visited.map((level, index): Place<V> => ({
    level,
    next: visited[index + 1]?.path.at(-1),
    isData: false,
  }));
  for (const place of places) {
    for (const inner of besides(reader, place)) {
      const { level, isData } = inner;
      const isDeep = level.path.length > MAX_LEVELS;
      if (isDeep || (isData ? isComplete : isBag)(reader, level.value)) strays.push(level);
      if (!isDeep) places.push(inner);
    }
  }
  return strays;
}

function besides<V>(reader: ValueReader<V>, { level, next, isData }: Place<V>): readonly Place<V>[] {
  const isWhole = isComplete(reader, level.value);
  return WRAPPERS.filter((name) => name !== next).flatMap((name) => {
    const value = openMember(reader, level.value, name);
    if (!isObject(reader, value)) return [];
    return [
      {
        level: { path: [...level.path, name], value },
        next: undefined,
        isData: isData || (isWhole && name !== 'state_data'),
      },
    ];
  });
}
