import { formatExact, parseExact } from '../json/index.js';

/**
 * True when JSON text says the same after `JSON.parse` and `JSON.stringify`: no number in it that JavaScript would
 * spell or round otherwise. Throws `BagError` for text that is no JSON.
 */
export function isFaithfulText(text: string): boolean {
  return formatExact(parseExact(Buffer.from(text))) === JSON.stringify(JSON.parse(text));
}
