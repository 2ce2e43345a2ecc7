/* A document inside a JSON string: opens it, and translates splices over it into splices over the outer document. */

import { InternalError } from '../errors/index.js';
import { createRefusal } from './bytes.js';
import { requireKind } from './members.js';
import type { JsonNode } from './node.js';
import { requireOrder } from './edit.js';
import type { Splice } from './edit.js';
import { HEX_VALUES, SHORT_ESCAPES } from './tokens.js';

const LOWER_U = 0x75;

/**
 * Code point of the escape whose backslash is at `at`, in a string a scan has accepted. Two escaped surrogates that
 * belong together are one escape of twelve bytes; a surrogate on its own gives -1, since UTF-8 has no form for it.
 */
function decodeEscape(bytes: Uint8Array, at: number): number {
  const letter = bytes[at + 1]!;
  if (letter !== LOWER_U) return SHORT_ESCAPES[letter]!;
  const unit = readUnit(bytes, at);
  if (!isSurrogate(unit)) return unit;
  const pair = String.fromCharCode(unit, readTrailingUnit(bytes, at + 6)).codePointAt(0)!;
  return pair > 0xffff ? pair : -1;
}

/** Bytes from the backslash to the end of the escape that stands for `codePoint`. */
function measureEscape(bytes: Uint8Array, at: number, codePoint: number): number {
  if (bytes[at + 1] !== LOWER_U) return 2;
  return codePoint > 0xffff ? 12 : 6;
}

/** Bytes of a code point in UTF-8. */
function measureUtf8(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Writes a code point as UTF-8 and returns the offset past it. */
function writeUtf8(target: Uint8Array, at: number, codePoint: number): number {
  const length = measureUtf8(codePoint);
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
function readTrailingUnit(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0x5c && bytes[at + 1] === LOWER_U ? readUnit(bytes, at) : 0;
}

function readUnit(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let index = at + 2; index < at + 6; index += 1) unit = (unit << 4) | HEX_VALUES[bytes[index]!]!;
  return unit;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

const BACKSLASH = 0x5c;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * UTF-8 text as it stands inside a JSON string: quote, backslash and control characters escaped, everything else
 * as it is.
 */
function escapeForString(text: Uint8Array): Uint8Array {
  return encoder.encode(JSON.stringify(decoder.decode(text)).slice(1, -1));
}

/**
 * The UTF-8 bytes of a document carried in a JSON string, such as `{"Payload":"{\"state_data\": 1}"}`; not checked
 * yet, scan them next. Throws `BagError` `EMBEDDED_NOT_UTF8` when an escaped lone surrogate makes that impossible.
 */
export function openEmbedded(bytes: Uint8Array, node: JsonNode): Uint8Array {
  requireKind(node, 'string');
  const text = new Uint8Array(node.end - node.start - 2);
  let written = 0;
  let at = node.start + 1;
  while (at < node.end - 1) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      text[written] = byte;
      written += 1;
      at += 1;
    } else {
      const codePoint = requireCharacter(bytes, at);
      written = writeUtf8(text, written, codePoint);
      at += measureEscape(bytes, at, codePoint);
    }
  }
  return text.subarray(0, written);
}

/**
 * Splices over the outer bytes that do what `innerSplices` do to the document `openEmbedded` gave. Bytes not cut
 * keep their spelling, escapes included; inserted bytes are escaped as a JSON string needs it. For a string within
 * a string, translate once a level, innermost first.
 * Throws `InternalError`: `SPLICE_ORDER` like `applySplices`, `SPLICE_IN_CHARACTER` when one begins or ends inside
 * a character the outer document escapes.
 */
export function translateSplices(bytes: Uint8Array, node: JsonNode, innerSplices: readonly Splice[]): Splice[] {
  requireKind(node, 'string');
  requireOrder(innerSplices, node.end - node.start - 2);
  const walk = new OuterOffsets(bytes, node);
  return innerSplices.map(({ start, end, insert }) => ({
    start: walk.advanceTo(start),
    end: walk.advanceTo(end),
    insert: escapeForString(insert),
  }));
}

/** Finds outer offsets for rising inner ones in one walk. */
class OuterOffsets {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #outer: number;
  #inner = 0;

  constructor(bytes: Uint8Array, node: JsonNode) {
    this.#bytes = bytes;
    this.#outer = node.start + 1;
    this.#end = node.end - 1;
  }

  advanceTo(inner: number): number {
    while (this.#inner < inner && this.#outer < this.#end) this.#step();
    if (this.#inner < inner) throw new InternalError('SPLICE_ORDER', `byte ${inner} of ${this.#inner} embedded bytes`);
    if (this.#inner > inner)
      throw new InternalError('SPLICE_IN_CHARACTER', `byte ${inner} is inside an escaped character`);
    return this.#outer;
  }

  #step(): void {
    if (this.#bytes[this.#outer] !== BACKSLASH) {
      this.#outer += 1;
      this.#inner += 1;
      return;
    }
    const codePoint = requireCharacter(this.#bytes, this.#outer);
    this.#outer += measureEscape(this.#bytes, this.#outer, codePoint);
    this.#inner += measureUtf8(codePoint);
  }
}

function requireCharacter(bytes: Uint8Array, backslash: number): number {
  const codePoint = decodeEscape(bytes, backslash);
  if (codePoint >= 0) return codePoint;
  throw createRefusal(bytes, backslash, 'EMBEDDED_NOT_UTF8', 'lone surrogate in an embedded document');
}
