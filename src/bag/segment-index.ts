import { BagError } from '../errors.js';
import { INDEX_MEMBERS } from './members.js';
import { isMissing } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

/**
 * The index a level of the event asks for, `undefined` when it names none. It is a position in the map, never the `id`
 * of a segment. Throws `BagError` `SEGMENT_INDEX_INVALID` for invalid positions: negative, fractional, a boolean,
 * text.
 */
export function parseSegmentIndex<V>(
  reader: ValueReader<V>,
  level: V,
  names: readonly string[] = INDEX_MEMBERS,
): number | undefined {
  for (const name of names) {
    const value = reader.member(level, name);
    if (!isMissing(reader, value)) return parseIndex(reader, value, name);
  }
  return undefined;
}

function parseIndex<V>(reader: ValueReader<V>, value: V, name: string): number {
  const text = reader.text(value);
  // Rows from DynamoDB carry numbers as text.
  const index = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : reader.number(value);
  if (index === undefined || !Number.isSafeInteger(index) || index < 0) {
    throw new BagError(
      'SEGMENT_INDEX_INVALID',
      `${name} is ${new TextDecoder().decode(reader.bytes(value)).slice(0, 40)}, not a position in the map`,
    );
  }
  return index;
}
