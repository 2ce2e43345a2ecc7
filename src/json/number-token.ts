import { byteAt } from './byte-at.js';
import { failExpecting } from './syntax-error.js';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const DOT = 0x2e;
const LOWER_CASE_BIT = 0x20;
const LOWER_E = 0x65;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** Checks the number that begins at `from` with a minus or a digit, and returns the offset past it. */
export function skipNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  // A leading zero stands alone: in `01` the caller meets the 1 where a comma or an end should be.
  at = byteAt(bytes, at) === DIGIT_0 ? at + 1 : skipDigits(bytes, at);
  if (byteAt(bytes, at) === DOT) at = skipDigits(bytes, at + 1);
  if ((byteAt(bytes, at) | LOWER_CASE_BIT) === LOWER_E) at = skipExponent(bytes, at + 1);
  return at;
}

function skipExponent(bytes: Uint8Array, from: number): number {
  const sign = byteAt(bytes, from);
  return skipDigits(bytes, sign === PLUS || sign === MINUS ? from + 1 : from);
}

/** At least one digit, or it is an error. */
function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! >= DIGIT_0 && bytes[at]! <= DIGIT_9) at += 1;
  if (at === from) failExpecting(bytes, at, 'a digit');
  return at;
}
