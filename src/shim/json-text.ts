import { BagError } from '../errors.js';

const encoder = new TextEncoder();

/**
 * What `JSON.stringify` makes of a value, `null` where it makes nothing. Throws `BagError` `NOT_JSON` for what it
 * refuses: circles, `bigint`, nesting beyond its stack.
 */
export function jsonText(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : 'null';
  } catch (cause) {
    throw new BagError('NOT_JSON', 'a value cannot be written as JSON', { cause });
  }
}

/** The same in UTF-8. */
export function jsonBytes(value: unknown): Uint8Array {
  return encoder.encode(jsonText(value));
}
