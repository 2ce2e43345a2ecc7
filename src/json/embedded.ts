import { InternalError } from '../errors.js';
import { escapedCodePoint, escapeLength, utf8Length, writeUtf8 } from './escape-sequence.js';
import { escapeForString } from './escape-text.js';
import { requireKind } from './members.js';
import type { JsonNode } from './node.js';
import { requireOrder, type Splice } from './splice.js';
import { refusalAt } from './syntax-error.js';

const BACKSLASH = 0x5c;

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
      at += escapeLength(bytes, at, codePoint);
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
    start: walk.of(start),
    end: walk.of(end),
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

  of(inner: number): number {
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
    this.#outer += escapeLength(this.#bytes, this.#outer, codePoint);
    this.#inner += utf8Length(codePoint);
  }
}

function requireCharacter(bytes: Uint8Array, backslash: number): number {
  const codePoint = escapedCodePoint(bytes, backslash);
  if (codePoint >= 0) return codePoint;
  throw refusalAt(bytes, backslash, 'EMBEDDED_NOT_UTF8', 'lone surrogate in an embedded document');
}
