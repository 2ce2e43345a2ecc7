import type { ByteValue } from '../bag/value.js';

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
