/* Bytes of a document: reading, copying, counting lines and columns, and the errors that name a place. */

import { BagError } from '../errors/index.js';
import type { CodeFor } from '../errors/index.js';

/**
 * The byte at an offset, 0 past the end: a read outside the array would leave the compiled loops slow for ever after.
 */
export function byteAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? bytes[at]! : 0;
}

/** A `Buffer` over the same memory; one that is a `Buffer` already is itself. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Text of the string at `[start, end)`, quotes included, of bytes a scan has accepted. Escaped lone surrogates
 * become lone surrogates in the result.
 */
export function decodeQuoted(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

/** Shorter pieces are copied faster byte by byte than by a call of `set`. */
const FEW = 32;

/** Writes the bytes into `target` at an offset and returns the offset behind them. There must be room. */
export function appendBytes(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > FEW) target.set(bytes, at);
  else for (let index = 0; index < length; index += 1) target[at + index] = bytes[index]!;
  return at + length;
}

/** The same for a whole number of zero or more, in decimal digits. */
export function appendNumber(target: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    target[at] = DIGIT_0 + value;
    return at + 1;
  }
  const rest = Math.floor(value / 10);
  return appendNumber(target, appendNumber(target, at, rest), value - 10 * rest);
}

const DIGIT_0 = 0x30;

/** The pieces one behind the other, in memory that `allocate` gives. */
export function concatenate(parts: readonly Uint8Array[], allocate = uninitialised): Uint8Array {
  const whole = allocate(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) at = appendBytes(whole, at, part);
  return whole;
}

/** Bytes of any content, to be written over: clearing them first would cost as much as filling them. */
export function uninitialised(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

export interface TextPlace {
  /** 1-based. */
  readonly line: number;
  /** 1-based, counted in characters (Unicode code points), not in bytes and not in UTF-16 units. */
  readonly column: number;
}

/**
 * Line and column of a byte offset. CRLF, LF and CR each count as one line break, and belong to the line they end.
 * An offset past the end is taken as the end. Linear in `offset`; meant for messages.
 */
export function locate(bytes: Uint8Array, offset: number): TextPlace {
  return locateAll(bytes, [offset])[0]!;
}

/** The same of many offsets in one pass, in the order in which they were given. */
export function locateAll(bytes: Uint8Array, offsets: readonly number[]): readonly TextPlace[] {
  const places = new Map<number, TextPlace>();
  let last: Reached = { at: 0, lineStart: 0, line: 1, column: 1 };
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    last = advance(bytes, last, Math.min(offset, bytes.length));
    places.set(offset, { line: last.line, column: last.column });
  }
  return offsets.map((offset) => places.get(offset)!);
}

/** How far a pass has come. */
interface Reached extends TextPlace {
  readonly at: number;
  readonly lineStart: number;
}

function advance(bytes: Uint8Array, from: Reached, end: number): Reached {
  let { line, lineStart } = from;
  for (let at = from.at; at < end; at += 1) {
    if (endsLine(bytes, at)) {
      line += 1;
      lineStart = at + 1;
    }
  }
  const isSameLine = lineStart === from.lineStart;
  const column = isSameLine
    ? from.column + countCharacters(bytes, from.at, end)
    : countCharacters(bytes, lineStart, end) + 1;
  return { at: end, line, lineStart, column };
}

function endsLine(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === LINE_FEED || (byte === CARRIAGE_RETURN && bytes[at + 1] !== LINE_FEED);
}

/** Every byte begins a character except the continuation bytes 10xxxxxx. */
function countCharacters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) {
    if ((bytes[at]! & 0xc0) !== 0x80) count += 1;
  }
  return count;
}

const MAX_QUOTED_CHARACTERS = 20;

/**
 * A refusal of the text as it stands. `context` has the byte `offset` and the 1-based `line` and `column`
 * (characters); the message ends with the place.
 */
export function createRefusal(
  bytes: Uint8Array,
  offset: number,
  code: CodeFor<'BagError'>,
  what: string,
  cause?: Error,
): BagError {
  const place = locate(bytes, offset);
  const message = `${what} at line ${place.line}, column ${place.column}`;
  return new BagError(code, message, { context: { offset, ...place }, cause });
}

/** Throws `JSON_SYNTAX`: "unexpected '}' where a value was expected at line 3, column 17". */
export function failExpecting(bytes: Uint8Array, offset: number, expected: string): never {
  const found = describeAt(bytes, offset);
  throw createRefusal(bytes, offset, 'JSON_SYNTAX', `unexpected ${found} where ${expected} was expected`);
}

/** Throws `JSON_SYNTAX` for a byte below 0x20, or the end of the document, inside a string. */
export function failInString(bytes: Uint8Array, offset: number): never {
  if (offset >= bytes.length) failExpecting(bytes, offset, 'the closing quote of a string');
  const what = `unescaped control character ${describeAt(bytes, offset)} in a string`;
  throw createRefusal(bytes, offset, 'JSON_SYNTAX', what);
}

export function failTooDeep(bytes: Uint8Array, offset: number, maxDepth: number): never {
  throw createRefusal(bytes, offset, 'JSON_TOO_DEEP', `nested deeper than ${maxDepth} levels`);
}

function describeAt(bytes: Uint8Array, offset: number): string {
  if (offset >= bytes.length) return 'end of the document';
  // Four bytes a character at most; a character cut in half at the end is dropped by the pattern or the slice below.
  const text = Buffer.from(bytes.subarray(offset, offset + 4 * MAX_QUOTED_CHARACTERS)).toString();
  const word = /^[A-Za-z]{1,20}/.exec(text)?.[0];
  return word === undefined ? describeCharacter(text.codePointAt(0) ?? 0) : `'${word}'`;
}

/** Control and format characters, separators and their like are named, since printing them would show nothing. */
function describeCharacter(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (/^[\p{L}\p{N}\p{P}\p{S}\p{M}]$/u.test(character)) return `'${character}'`;
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}
