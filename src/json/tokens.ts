/* Checks tokens and whole values of JSON and returns the offset past them; records nothing. */

import { isUtf8 } from 'node:buffer';
import { byteAt, failExpecting, failInString, failTooDeep } from './bytes.js';
import type { JsonKind } from './node.js';

function buildTable(toValue: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => toValue(byte));
}

/** What follows a backslash, `u` excepted: the byte it stands for, 0 where the escape is not allowed. */
export const SHORT_ESCAPES: Uint8Array = buildTable((byte) => {
  const letter = '"\\/bfnrt'.indexOf(String.fromCharCode(byte));
  return letter < 0 ? 0 : '"\\/\b\f\n\r\t'.charCodeAt(letter);
});

/** 0 to 15 for a hexadecimal digit of either case, 255 for every other byte. */
export const HEX_VALUES: Uint8Array = buildTable((byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 255 : digit;
});

const BLOCK = 64 * 1024;

/** Offset of the first byte of the first malformed UTF-8 sequence (RFC 3629), or -1 when there is none. */
export function findMalformedUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1;
  let at = 0;
  for (let end = findBlockEnd(bytes, at); isUtf8(bytes.subarray(at, end)); end = findBlockEnd(bytes, at)) at = end;
  for (let length = measureCharacter(bytes, at); length > 0; length = measureCharacter(bytes, at)) at += length;
  return at;
}

/** Ends a block between two characters where that is possible at all. */
function findBlockEnd(bytes: Uint8Array, start: number): number {
  const end = start + BLOCK;
  for (let cut = end; cut > end - 4; cut -= 1) {
    if (cut >= bytes.length || !isContinuation(bytes[cut]!)) return cut;
  }
  return end;
}

/** Bytes of the character that begins here, 0 when it is malformed. */
function measureCharacter(bytes: Uint8Array, at: number): number {
  const length = toCharacterLength(bytes[at]!);
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function toCharacterLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

const FOUR_SPACES = 0x20202020;

/**
 * Offset of the first byte at or after `from` that is not JSON white space, or of the end. `view` covers the same
 * bytes. Runs of spaces, the indentation of a printed document, go four at a time.
 */
function skipWhitespace(bytes: Uint8Array, view: DataView, from: number): number {
  const lastWord = bytes.length - 4;
  let at = from;
  for (;;) {
    while (at <= lastWord && view.getInt32(at, true) === FOUR_SPACES) at += 4;
    if (at >= bytes.length || !isWhitespace(bytes[at]!)) return at;
    at += 1;
  }
}

function isWhitespace(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const DOT = 0x2e;
const LOWER_CASE_BIT = 0x20;
const LOWER_E = 0x65;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** Checks the number that begins at `from` with a minus or a digit, and returns the offset past it. */
function skipNumber(bytes: Uint8Array, from: number): number {
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

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const QUOTE = 0x22;

const ESCAPES = 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u';

/**
 * Checks a string and returns the offset past its closing quote. `from` is the offset past the opening one;
 * `view` covers the same bytes.
 */
function skipString(bytes: Uint8Array, view: DataView, from: number): number {
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
    let stops = markStops(view.getInt32(at, true));
    if (stops !== 0) return at + findLowestMark(stops);
    stops = markStops(view.getInt32(at + 4, true));
    if (stops !== 0) return at + 4 + findLowestMark(stops);
    at += 8;
  }
  return skipPlainAtEnd(bytes, at);
}

/**
 * Marks bytes of a word in their high bit: the subtractions borrow into it where the byte is a quote, a backslash
 * or below 0x20, and `~word` forgets the bytes of longer UTF-8 characters. A borrow runs on upwards only from a
 * true hit, so the lowest mark is always right.
 */
function markStops(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  const controls = word - 0x20202020;
  return (quotes | backslashes | controls) & ~word & 0x80808080;
}

function findLowestMark(stops: number): number {
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

const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;

interface Word {
  readonly kind: JsonKind;
  readonly letters: Uint8Array;
}

function encodeWord(kind: JsonKind, letters: string): Word {
  return { kind, letters: new TextEncoder().encode(letters) };
}

const TRUE = encodeWord('true', 'true');
const FALSE = encodeWord('false', 'false');
const NULL = encodeWord('null', 'null');
const NAN = encodeWord('nonfinite', 'NaN');
const INFINITY = encodeWord('nonfinite', 'Infinity');
const MINUS_INFINITY = encodeWord('nonfinite', '-Infinity');

/** Checks the string, number or word that begins at `from`, and returns the offset past it. */
function skipScalar(bytes: Uint8Array, view: DataView, from: number): number {
  const byte = byteAt(bytes, from);
  if (byte === QUOTE) return skipString(bytes, view, from + 1);
  if (beginsNumber(bytes, from, byte)) return skipNumber(bytes, from);
  const word = findWord(byte);
  if (word === undefined || !hasBytesAt(bytes, from, word.letters)) failExpecting(bytes, from, 'a value');
  return from + word.letters.length;
}

/** Kind of the value at `from`, once it has been checked. */
export function readKind(bytes: Uint8Array, from: number): JsonKind {
  const byte = bytes[from]!;
  if (byte === QUOTE) return 'string';
  if (byte === OPEN_BRACE) return 'object';
  if (byte === OPEN_BRACKET) return 'array';
  return beginsNumber(bytes, from, byte) ? 'number' : findWord(byte)!.kind;
}

function beginsNumber(bytes: Uint8Array, from: number, byte: number): boolean {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return true;
  return byte === MINUS && byteAt(bytes, from + 1) !== UPPER_I;
}

function findWord(byte: number): Word | undefined {
  switch (byte) {
    case LOWER_T:
      return TRUE;
    case LOWER_F:
      return FALSE;
    case LOWER_N:
      return NULL;
    case UPPER_N:
      return NAN;
    case UPPER_I:
      return INFINITY;
    case MINUS:
      return MINUS_INFINITY;
    default:
      return undefined;
  }
}

function hasBytesAt(bytes: Uint8Array, from: number, letters: Uint8Array): boolean {
  for (let index = 0; index < letters.length; index += 1) {
    if (from + index >= bytes.length || bytes[from + index] !== letters[index]) return false;
  }
  return true;
}

// Every file of this directory names the bytes it reads itself: a constant of the same file is folded into the compiled
// loop, an imported one is loaded each time, which cost a tenth of the speed.
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;

/**
 * The closing bytes of the containers around the current one. Shared by all calls, since a skip is synchronous
 * and takes no callbacks; it grows to the deepest document met, one byte a level, and stays.
 */
let closers: Uint8Array = new Uint8Array(1024);

/**
 * Checks one value of any depth and returns the offset past it; nothing is recorded or allocated. White space may
 * stand before it. `view` covers the same bytes; `depth` containers are open already, and `maxDepth` may be.
 *
 * One long function on purpose: this loop sees every token of every document. With its state in local variables
 * and the string loop inlined at both calls it runs a quarter faster than split into one function a token.
 */
function skipValue(bytes: Uint8Array, view: DataView, from: number, depth: number, maxDepth: number): number {
  const maxLevel = maxDepth - depth;
  let at = from;
  let level = 0;
  let closer = 0;
  for (;;) {
    let byte = byteAt(bytes, at);
    if (closer === CLOSE_BRACE) {
      if (byte <= SPACE) {
        at = skipWhitespace(bytes, view, at);
        byte = byteAt(bytes, at);
      }
      if (byte !== QUOTE) failExpecting(bytes, at, 'a member name');
      at = skipString(bytes, view, at + 1);
      byte = byteAt(bytes, at);
      if (byte <= SPACE) {
        at = skipWhitespace(bytes, view, at);
        byte = byteAt(bytes, at);
      }
      if (byte !== COLON) failExpecting(bytes, at, "':'");
      at += 1;
      byte = byteAt(bytes, at);
    }
    if (byte <= SPACE) {
      at = skipWhitespace(bytes, view, at);
      byte = byteAt(bytes, at);
    }
    if (byte === QUOTE) at = skipString(bytes, view, at + 1);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (level === maxLevel) failTooDeep(bytes, at, maxDepth);
      if (level === closers.length) closers = enlarge(closers);
      closers[level] = closer;
      level += 1;
      closer = toCloser(byte);
      at += 1;
      byte = byteAt(bytes, at);
      if (byte <= SPACE) {
        at = skipWhitespace(bytes, view, at);
        byte = byteAt(bytes, at);
      }
      if (byte !== closer) continue;
    } else at = skipScalar(bytes, view, at);
    for (;;) {
      if (level === 0) return at;
      byte = byteAt(bytes, at);
      if (byte <= SPACE) {
        at = skipWhitespace(bytes, view, at);
        byte = byteAt(bytes, at);
      }
      if (byte === COMMA) break;
      if (byte !== closer) failUnclosed(bytes, at, closer);
      at += 1;
      level -= 1;
      closer = closers[level]!;
    }
    at += 1;
  }
}

/** `{` and `[` stand two places before their counterparts in ASCII. */
function toCloser(opener: number): number {
  return opener + 2;
}

/** Throws: something else than a comma or the closing byte stands after a member or element. */
export function failUnclosed(bytes: Uint8Array, offset: number, closer: number): never {
  failExpecting(bytes, offset, `',' or '${String.fromCharCode(closer)}'`);
}

function enlarge(old: Uint8Array): Uint8Array {
  const larger = new Uint8Array(old.length * 2);
  larger.set(old);
  return larger;
}

/** A document and the ways to pass over what is in it, each of which checks what it passes. Throws `BagError`. */
export class TextWalk {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  /** `maxDepth` is a whole number: how many containers may nest. */
  constructor(
    document: Uint8Array,
    readonly maxDepth: number,
  ) {
    // A plain array over the same memory whatever came in: `Buffer` would be a second type to the compiled loops.
    this.bytes = new Uint8Array(document.buffer, document.byteOffset, document.byteLength);
    this.view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  }

  /** Offset of the first byte at or after `from` that is not white space. */
  skipSpace(from: number): number {
    return byteAt(this.bytes, from) > SPACE ? from : skipWhitespace(this.bytes, this.view, from);
  }

  /** Offset past the string whose opening quote is at `start`. */
  skipString(start: number): number {
    return skipString(this.bytes, this.view, start + 1);
  }

  /** Offset past the value at `start`. `depth` containers are open around it. */
  skipValue(start: number, depth: number): number {
    return skipValue(this.bytes, this.view, start, depth, this.maxDepth);
  }
}
