import { BagError } from '../errors.js';
import { locate } from './locate.js';

const MAX_QUOTED_CHARACTERS = 20;

/**
 * A refusal of the text as it stands. `context` has the byte `offset` and the 1-based `line` and `column`
 * (characters); the message ends with the place.
 */
export function refusalAt(bytes: Uint8Array, offset: number, code: string, what: string, cause?: Error): BagError {
  const place = locate(bytes, offset);
  const message = `${what} at line ${place.line}, column ${place.column}`;
  return new BagError(code, message, { context: { offset, ...place }, cause });
}

/** Throws `JSON_SYNTAX`: "unexpected '}' where a value was expected at line 3, column 17". */
export function failExpecting(bytes: Uint8Array, offset: number, expected: string): never {
  const found = describeAt(bytes, offset);
  throw refusalAt(bytes, offset, 'JSON_SYNTAX', `unexpected ${found} where ${expected} was expected`);
}

/** Throws `JSON_SYNTAX` for a byte below 0x20, or the end of the document, inside a string. */
export function failInString(bytes: Uint8Array, offset: number): never {
  if (offset >= bytes.length) failExpecting(bytes, offset, 'the closing quote of a string');
  const what = `unescaped control character ${describeAt(bytes, offset)} in a string`;
  throw refusalAt(bytes, offset, 'JSON_SYNTAX', what);
}

export function failTooDeep(bytes: Uint8Array, offset: number, maxDepth: number): never {
  throw refusalAt(bytes, offset, 'JSON_TOO_DEEP', `nested deeper than ${maxDepth} levels`);
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
