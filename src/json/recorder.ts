import { byteAt } from './byte-at.js';
import { recordFlatArray, recordFlatObject, recordLeaf } from './flat-recorder.js';
import { memberName } from './member-name.js';
import { LEAF } from './node.js';
import type { JsonNode, Shape } from './node.js';
import { OpenArray, type OpenContainer, OpenObject } from './open-container.js';
import { failUnclosed } from './skip-value.js';
import { failExpecting, failTooDeep } from './syntax-error.js';
import type { TextWalk } from './text-walk.js';

const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;

/**
 * Walks a document along a shape. Containers the shape asks for are opened and recorded child by child; every
 * other value is passed over. Open containers lie on a list, so depth costs no call stack.
 */
export class Recorder {
  readonly #walk: TextWalk;
  readonly #bytes: Uint8Array;
  readonly #open: OpenContainer[] = [];
  #at = 0;

  constructor(walk: TextWalk) {
    this.#walk = walk;
    this.#bytes = walk.bytes;
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

  /**
   * Returns the value that begins here, or opens it and returns nothing when there is more than one level to record.
   */
  #begin(shape: Shape): JsonNode | undefined {
    const start = this.#walk.skipSpace(this.#at);
    const byte = byteAt(this.#bytes, start);
    const isObject = byte === OPEN_BRACE && (shape.members ?? shape.anyMember) !== undefined;
    if (!isObject && !(byte === OPEN_BRACKET && shape.items !== undefined))
      return this.#pass(recordLeaf(this.#walk, start, this.#open.length));
    if (this.#open.length >= this.#walk.maxDepth) failTooDeep(this.#bytes, start, this.#walk.maxDepth);
    if (isFlat(shape, isObject)) return this.#pass(this.#recordFlat(start, isObject));
    this.#open.push(isObject ? new OpenObject(start, shape) : new OpenArray(start, shape.items!));
    this.#at = start + 1;
    return undefined;
  }

  #recordFlat(start: number, isObject: boolean): JsonNode {
    const depth = this.#open.length + 1;
    return isObject ? recordFlatObject(this.#walk, start, depth) : recordFlatArray(this.#walk, start, depth);
  }

  #pass(node: JsonNode): JsonNode {
    this.#at = node.end;
    return node;
  }

  /** Passes what stands before the next child and returns that child's shape; nothing at the end of the container. */
  #advance(container: OpenContainer): Shape | undefined {
    this.#at = this.#walk.skipSpace(this.#at);
    const byte = byteAt(this.#bytes, this.#at);
    if (byte === container.closer) return undefined;
    if (!container.isEmpty) {
      if (byte !== COMMA) failUnclosed(this.#bytes, this.#at, container.closer);
      this.#at += 1;
    }
    return container instanceof OpenArray ? container.itemShape : this.#passKey(container);
  }

  #passKey(container: OpenObject): Shape {
    const start = this.#walk.skipSpace(this.#at);
    if (byteAt(this.#bytes, start) !== QUOTE) failExpecting(this.#bytes, start, 'a member name');
    const end = this.#walk.skipString(start);
    const colon = this.#walk.skipSpace(end);
    if (byteAt(this.#bytes, colon) !== COLON) failExpecting(this.#bytes, colon, "':'");
    this.#at = colon + 1;
    return container.expect(memberName(this.#bytes, start, end), start, end);
  }

  #close(container: OpenContainer): JsonNode {
    this.#open.pop();
    this.#at += 1;
    return container.close(this.#at);
  }
}

/** All its children are to be recorded, and nothing below them. */
function isFlat(shape: Shape, isObject: boolean): boolean {
  return isObject ? shape.members === undefined && shape.anyMember === LEAF : shape.items === LEAF;
}
