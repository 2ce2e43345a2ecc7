import { byteAt } from './byte-at.js';
import { bufferOver } from './decode-text.js';
import { FlatRecorder } from './flat-recorder.js';
import { memberName } from './member-name.js';
import { LEAF } from './node.js';
import type { JsonNode, Shape } from './node.js';
import { OpenArray, type OpenContainer, OpenObject } from './open-container.js';
import { kindAt } from './scalar-token.js';
import { failUnclosed, skipValue } from './skip-value.js';
import { skipString } from './string-token.js';
import { failExpecting, failTooDeep } from './syntax-error.js';
import { skipWhitespace } from './whitespace.js';

const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;

/**
 * Walks a document along a shape. Containers the shape asks for are opened and recorded child by child; every
 * other value goes through `skipValue`. Open containers lie on a list, so depth costs no call stack.
 */
export class Recorder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #buffer: Buffer;
  readonly #flat: FlatRecorder;
  readonly #maxDepth: number;
  readonly #open: OpenContainer[] = [];
  #at = 0;

  /** `maxDepth` is a whole number: how many containers may nest. */
  constructor(bytes: Uint8Array, maxDepth: number) {
    // A plain array over the same memory whatever came in: `Buffer` would be a second type to the compiled loops.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = bufferOver(bytes);
    this.#flat = new FlatRecorder(this.#bytes, this.#view, this.#buffer, maxDepth);
    this.#maxDepth = maxDepth;
  }

  /** Offset of the first byte at or after `from` that is not white space. */
  skipSpace(from: number): number {
    return skipWhitespace(this.#bytes, this.#view, from);
  }

  /** Checks and records the value at or after `from`. */
  record(from: number, shape: Shape): JsonNode {
    this.#at = from;
    let node = this.#begin(shape);
    for (;;) {
      const container = this.#open.at(-1);
      if (container === undefined) return node!;
      if (node !== undefined) container.add(node);
      const next = this.#advance(container);
      node = next === undefined ? this.#close(container) : this.#begin(next);
    }
  }

  /** Returns the value that begins here, or opens it and returns nothing when its children are to be recorded. */
  #begin(shape: Shape): JsonNode | undefined {
    const start = this.skipSpace(this.#at);
    const byte = byteAt(this.#bytes, start);
    const isObject = byte === OPEN_BRACE && (shape.members ?? shape.anyMember) !== undefined;
    if (!isObject && !(byte === OPEN_BRACKET && shape.items !== undefined)) return this.#skip(start);
    if (this.#open.length === this.#maxDepth) failTooDeep(this.#bytes, start, this.#maxDepth);
    if (isObject ? isFlatObject(shape) : shape.items === LEAF) return this.#recordFlat(start, isObject);
    this.#open.push(isObject ? new OpenObject(start, shape) : new OpenArray(start, shape.items!));
    this.#at = start + 1;
    return undefined;
  }

  #recordFlat(start: number, isObject: boolean): JsonNode {
    const depth = this.#open.length + 1;
    const node = isObject ? this.#flat.object(start, depth) : this.#flat.array(start, depth);
    this.#at = node.end;
    return node;
  }

  #skip(start: number): JsonNode {
    const end = skipValue(this.#bytes, this.#view, start, this.#open.length, this.#maxDepth);
    this.#at = end;
    return { kind: kindAt(this.#bytes, start), start, end };
  }

  /** Passes what stands before the next child and returns that child's shape; nothing at the end of the container. */
  #advance(container: OpenContainer): Shape | undefined {
    this.#at = this.skipSpace(this.#at);
    const byte = byteAt(this.#bytes, this.#at);
    if (byte === container.closer) return undefined;
    if (!container.isEmpty) {
      if (byte !== COMMA) failUnclosed(this.#bytes, this.#at, container.closer);
      this.#at += 1;
    }
    return container instanceof OpenArray ? container.itemShape : this.#passKey(container);
  }

  #passKey(container: OpenObject): Shape {
    const start = this.skipSpace(this.#at);
    if (byteAt(this.#bytes, start) !== QUOTE) failExpecting(this.#bytes, start, 'a member name');
    const end = skipString(this.#bytes, this.#view, start + 1);
    const colon = this.skipSpace(end);
    if (byteAt(this.#bytes, colon) !== COLON) failExpecting(this.#bytes, colon, "':'");
    this.#at = colon + 1;
    return container.expect(memberName(this.#bytes, this.#buffer, start, end), start, end);
  }

  #close(container: OpenContainer): JsonNode {
    this.#open.pop();
    this.#at += 1;
    return container.close(this.#at);
  }
}

/** All its members are to be recorded, and nothing below them. */
function isFlatObject(shape: Shape): boolean {
  return shape.members === undefined && shape.anyMember === LEAF;
}
