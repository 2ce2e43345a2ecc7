import { byteAt, DIGIT_0, DIGIT_9, MINUS, QUOTE, UPPER_I } from './character-classes.js';
import type { JsonKind } from './node.js';
import { skipNumber } from './number-token.js';
import { skipString } from './string-token.js';
import { failExpecting } from './syntax-error.js';

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

/** Kind of the string, number or word at `from`, once `skipScalar` has passed it. */
export function scalarKindAt(bytes: Uint8Array, from: number): JsonKind {
  const byte = bytes[from]!;
  if (byte === QUOTE) return 'string';
  return beginsNumber(bytes, from, byte) ? 'number' : wordBeginningWith(byte)!.kind;
}

function beginsNumber(bytes: Uint8Array, from: number, byte: number): boolean {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return true;
  return byte === MINUS && byteAt(bytes, from + 1) !== UPPER_I;
}

function wordBeginningWith(byte: number): Word | undefined {
  switch (String.fromCharCode(byte)) {
    case 't':
      return TRUE;
    case 'f':
      return FALSE;
    case 'n':
      return NULL;
    case 'N':
      return NAN;
    case 'I':
      return INFINITY;
    case '-':
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
