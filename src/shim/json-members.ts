import type { Bag } from '../bag/bag.js';
import type { ObjectValue } from '../bag/value.js';

/** A JSON object as `JSON.parse` gives it. Never changed: what is to differ is made anew. */
export type JsonMembers = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of a bag as `JSON.parse` gave them. */
export function rawMembers({ value }: Bag<ObjectValue>): JsonMembers {
  return value.raw as JsonMembers;
}
