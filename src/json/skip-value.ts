import { byteAt } from './byte-at.js';
import { skipScalar } from './scalar-token.js';
import { skipString } from './string-token.js';
import { failExpecting, failTooDeep } from './syntax-error.js';
import { skipWhitespace } from './whitespace.js';

// Every file of this room names the bytes it reads itself: a constant of the same file is folded into the compiled
// loop, an imported one is loaded each time, which cost a tenth of the speed.
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;
const SPACE = 0x20;

/**
 * The closing bytes of the containers around the current one. Shared by all calls, since a skip is synchronous
 * and calls nobody back; it grows to the deepest document met, one byte a level, and stays.
 */
let closers: Uint8Array = new Uint8Array(1024);

/**
 * Checks one value of any depth and returns the offset past it; nothing is recorded or allocated. White space may
 * stand before it. `view` covers the same bytes; `depth` containers are open already, and `maxDepth` may be.
 *
 * One long function on purpose: this loop sees every token of every document. With its state in local variables
 * and the string loop inlined at both calls it runs a quarter faster than split into one function a token.
 */
export function skipValue(bytes: Uint8Array, view: DataView, from: number, depth: number, maxDepth: number): number {
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
      if (level === closers.length) closers = grown(closers);
      closers[level] = closer;
      level += 1;
      closer = closerOf(byte);
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
function closerOf(opener: number): number {
  return opener + 2;
}

/** Throws: something else than a comma or the closing byte stands after a member or element. */
export function failUnclosed(bytes: Uint8Array, offset: number, closer: number): never {
  failExpecting(bytes, offset, `',' or '${String.fromCharCode(closer)}'`);
}

function grown(old: Uint8Array): Uint8Array {
  const larger = new Uint8Array(old.length * 2);
  larger.set(old);
  return larger;
}
