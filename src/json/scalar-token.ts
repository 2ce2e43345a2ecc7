import { byteAt } from './byte-at.js';
import type { JsonKind } from './node.js';
import { skipNumber } from './number-token.js';
import { skipString } from './string-token.js';
import { failExpecting } from './syntax-error.js';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const MINUS = 0x2d;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;

interface Word {
  readonly kind: JsonKind;
  readonly letters: Uint8Array;
}

function wordOf(kind: JsonKind, letters: string): Word {
  return { kind, letters: new TextEncoder().encode(letters) };
}

const TRUE = wordOf('true', 'true');
const FALSE = wordOf('false', 'false');
const NULL = wordOf('null', 'null');
const NAN = wordOf('nonfinite', 'NaN');
const INFINITY = wordOf('nonfinite', 'Infinity');
const MINUS_INFINITY = wordOf('nonfinite', '-Infinity');

/** Checks the string, number or word that begins at `from`, and returns the offset past it. */
export function skipScalar(bytes: Uint8Array, view: DataView, from: number): number {
  const byte = byteAt(bytes, from);
  if (byte === QUOTE) return skipString(bytes, view, from + 1);
  if (beginsNumber(bytes, from, byte)) return skipNumber(bytes, from);
  const word = wordBeginningWith(byte);
  if (word === undefined || !standsAt(bytes, from, word.letters)) failExpecting(bytes, from, 'a value');
  return from + word.letters.length;
}

/** Kind of the value at `from`, once it has been checked. */
export function kindAt(bytes: Uint8Array, from: number): JsonKind {
  const byte = bytes[from]!;
  if (byte === QUOTE) return 'string';
  if (byte === OPEN_BRACE) return 'object';
  if (byte === OPEN_BRACKET) return 'array';
  return beginsNumber(bytes, from, byte) ? 'number' : wordBeginningWith(byte)!.kind;
}

function beginsNumber(bytes: Uint8Array, from: number, byte: number): boolean {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return true;
  return byte === MINUS && byteAt(bytes, from + 1) !== UPPER_I;
}

function wordBeginningWith(byte: number): Word | undefined {
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

function standsAt(bytes: Uint8Array, from: number, letters: Uint8Array): boolean {
  for (let index = 0; index < letters.length; index += 1) {
    if (from + index >= bytes.length || bytes[from + index] !== letters[index]) return false;
  }
  return true;
}
