import { byteAt } from './byte-at.js';
import { HEX_VALUES, SHORT_ESCAPES } from './escape-tables.js';
import { failExpecting, failInString } from './syntax-error.js';

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const QUOTE = 0x22;
const SPACE = 0x20;

const ESCAPES = 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u';

/**
 * Checks a string and returns the offset past its closing quote. `from` is the offset past the opening one;
 * `view` covers the same bytes.
 */
export function skipString(bytes: Uint8Array, view: DataView, from: number): number {
  let at = from;
  for (;;) {
    at = skipPlain(bytes, view, at);
    if (byteAt(bytes, at) === QUOTE) return at + 1;
    at = skipEscapes(bytes, at);
  }
}

/**
 * Offset of the first quote, backslash or control character at or after `from`, or of the end.
 *
 * Most of a bag is text inside strings, so this is the innermost loop: it looks at four bytes at once, two
 * times a turn and written out because that measured fastest.
 */
function skipPlain(bytes: Uint8Array, view: DataView, from: number): number {
  const lastTurn = bytes.length - 8;
  let at = from;
  while (at <= lastTurn) {
    let stops = stopsIn(view.getInt32(at, true));
    if (stops !== 0) return at + lowestMarked(stops);
    stops = stopsIn(view.getInt32(at + 4, true));
    if (stops !== 0) return at + 4 + lowestMarked(stops);
    at += 8;
  }
  return skipPlainAtEnd(bytes, at);
}

/**
 * Marks bytes of a word in their high bit: the subtractions borrow into it where the byte is a quote, a backslash
 * or below 0x20, and `~word` forgets the bytes of longer UTF-8 characters. A borrow runs on upwards only from a
 * true hit, so the lowest mark is always right.
 */
function stopsIn(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  const controls = word - 0x20202020;
  return (quotes | backslashes | controls) & ~word & 0x80808080;
}

function lowestMarked(stops: number): number {
  return (31 - Math.clz32(stops & -stops)) >> 3;
}

function skipPlainAtEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === QUOTE || byte === BACKSLASH || byte < SPACE) return at;
    at += 1;
  }
  return at;
}

/** Passes the escapes that stand one after the other at `from`: at least one, or it is an error. */
function skipEscapes(bytes: Uint8Array, from: number): number {
  if (byteAt(bytes, from) !== BACKSLASH) failInString(bytes, from);
  let at = skipUnitEscapes(bytes, from);
  while (byteAt(bytes, at) === BACKSLASH) at = skipEscape(bytes, at);
  return at;
}

/** Passes a run of `\uXXXX`: Python escapes every character of a Korean prompt, and this is then the innermost loop. */
function skipUnitEscapes(bytes: Uint8Array, from: number): number {
  const lastEscape = bytes.length - 6;
  let at = from;
  while (at <= lastEscape && bytes[at] === BACKSLASH && bytes[at + 1] === LOWER_U && areHexDigits(bytes, at + 2))
    at += 6;
  return at;
}

function skipEscape(bytes: Uint8Array, backslash: number): number {
  const at = backslash + 1;
  const letter = byteAt(bytes, at);
  if (SHORT_ESCAPES[letter] !== 0) return at + 1;
  if (letter !== LOWER_U) failExpecting(bytes, at, ESCAPES);
  for (let digit = at + 1; digit <= at + 4; digit += 1) {
    if (HEX_VALUES[byteAt(bytes, digit)]! > 15) failExpecting(bytes, digit, 'a hexadecimal digit');
  }
  return at + 5;
}

function areHexDigits(bytes: Uint8Array, at: number): boolean {
  const high = HEX_VALUES[bytes[at]!]! | HEX_VALUES[bytes[at + 1]!]!;
  const low = HEX_VALUES[bytes[at + 2]!]! | HEX_VALUES[bytes[at + 3]!]!;
  return (high | low) <= 15;
}
