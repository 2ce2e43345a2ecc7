import { HEX_VALUES, SHORT_ESCAPES } from './escape-tables.js';

const LOWER_U = 0x75;

/**
 * Code point of the escape whose backslash is at `at`, in a string a scan has accepted. Two escaped surrogates that
 * belong together are one escape of twelve bytes; a surrogate on its own gives -1, since UTF-8 has no form for it.
 */
export function escapedCodePoint(bytes: Uint8Array, at: number): number {
  const letter = bytes[at + 1]!;
  if (letter !== LOWER_U) return SHORT_ESCAPES[letter]!;
  const unit = hexUnit(bytes, at);
  if (!isSurrogate(unit)) return unit;
  const pair = String.fromCharCode(unit, trailingUnit(bytes, at + 6)).codePointAt(0)!;
  return pair > 0xffff ? pair : -1;
}

/** Bytes from the backslash to the end of the escape that stands for `codePoint`. */
export function escapeLength(bytes: Uint8Array, at: number, codePoint: number): number {
  if (bytes[at + 1] !== LOWER_U) return 2;
  return codePoint > 0xffff ? 12 : 6;
}

/** Bytes of a code point in UTF-8. */
export function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Writes a code point as UTF-8 and returns the offset past it. */
export function writeUtf8(target: Uint8Array, at: number, codePoint: number): number {
  const length = utf8Length(codePoint);
  let rest = codePoint;
  for (let index = at + length - 1; index > at; index -= 1) {
    target[index] = 0x80 | (rest & 0x3f);
    rest >>= 6;
  }
  target[at] = LEADS[length]! | rest;
  return at + length;
}

/** Marks of the first byte, by the length of the character. */
const LEADS = [0, 0, 0xc0, 0xe0, 0xf0];

/** The escaped unit that begins at `at`, 0 when no such escape stands there: the text may end before. */
function trailingUnit(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0x5c && bytes[at + 1] === LOWER_U ? hexUnit(bytes, at) : 0;
}

function hexUnit(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let index = at + 2; index < at + 6; index += 1) unit = (unit << 4) | HEX_VALUES[bytes[index]!]!;
  return unit;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
