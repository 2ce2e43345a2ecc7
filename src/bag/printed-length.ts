/**
 * How numbers were read before they are printed: DynamoDB's `N` becomes an int when it is whole; JSON text says itself.
 */
export type NumberOrigin = 'attribute' | 'text';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES = new Set(['\b', '\f', '\n', '\r', '\t', '"', '\\']);
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Bytes of UTF-8 that Python's `json.dumps(value, ensure_ascii=False)` makes of JSON text: blanks between tokens are
 * its own, and so is the spelling of numbers and escapes. Linear; `text` must be JSON. Of duplicate members each
 * counts.
 */
export function printedLength(text: Uint8Array, origin: NumberOrigin): number {
  let length = 0;
  for (let at = 0; at < text.length;) {
    const byte = text[at]!;
    const end = byte === QUOTE ? endOfString(text, at) : isNumberStart(byte) ? endOfNumber(text, at) : at + 1;
    if (byte === QUOTE) length += stringLength(text, at, end);
    else if (isNumberStart(byte)) length += numberLength(ascii(text, at, end), origin);
    else if (byte === 0x2c || byte === 0x3a) length += 2;
    else if (!BLANKS.has(byte)) length += 1;
    at = end;
  }
  return length;
}

function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === BACKSLASH) at++;
    else if (text[at] === QUOTE) return at + 1;
  }
  return text.length;
}

function stringLength(text: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; at++) {
    if (text[at] !== BACKSLASH) {
      length++;
      continue;
    }
    const isUnicode = text[at + 1] === 0x75;
    const width = isUnicode ? (isPair(text, at) ? 12 : 6) : 2;
    length += escapedLength(ascii(text, at, at + width));
    at += width - 1;
  }
  return length;
}

/** `\ud83d\ude00`: two escapes, one character of four bytes. */
function isPair(text: Uint8Array, at: number): boolean {
  return /^\\u[dD][89abAB]..\\u[dD][c-fC-F]..$/.test(ascii(text, at, at + 12));
}

function escapedLength(escape: string): number {
  const character = JSON.parse(`"${escape}"`) as string;
  if (SHORT_ESCAPES.has(character)) return 2;
  return character < ' ' ? 6 : Buffer.byteLength(character);
}

function isNumberStart(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
}

function endOfNumber(text: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < text.length && /[0-9.eE+-]/.test(String.fromCharCode(text[end]!))) end++;
  return end;
}

function numberLength(token: string, origin: NumberOrigin): number {
  // Of `-Infinity`, which stays as it is.
  if (token === '-') return 1;
  if (/^-?\d+$/.test(token)) return token === '-0' && origin === 'attribute' ? 1 : token.length;
  const value = Number(token);
  if (origin === 'attribute' && Number.isInteger(value)) return BigInt(value).toString().length;
  return floatLength(value);
}

/**
 * Of Python's `repr`: as JavaScript's, with `.0` behind a whole number, and an exponent from 16 digits on, of two at
 * least.
 */
function floatLength(value: number): number {
  if (!Number.isFinite(value)) return value < 0 ? 9 : 8;
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const text = value.toString();
    if (text.includes('e')) return value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - exponent).length;
    return text.length + (Number.isInteger(value) ? 2 : 0) + (Object.is(value, -0) ? 1 : 0);
  }
  return mantissa.length + 2 + Math.max(2, String(Math.abs(exponent)).length);
}

function ascii(text: Uint8Array, start: number, end: number): string {
  return Buffer.from(text.buffer, text.byteOffset + start, Math.min(end, text.length) - start).toString('latin1');
}
