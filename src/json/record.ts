/* Records the members and elements that a shape asks for, and checks what it passes. */

import { byteAt, failExpecting, failTooDeep } from './bytes.js';
import { decodeName } from './members.js';
import { LEAF } from './node.js';
import type { JsonMember, JsonNode, Shape } from './node.js';
import { failUnclosed, readKind } from './tokens.js';
import type { TextWalk } from './tokens.js';

const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** An object whose members are being recorded; its end is not known yet. */
class OpenObject {
  readonly closer = CLOSE_BRACE;
  readonly members: JsonMember[] = [];
  #name = '';
  #keyStart = 0;
  #keyEnd = 0;

  constructor(
    readonly start: number,
    readonly shape: Shape,
  ) {}

  get isEmpty(): boolean {
    return this.members.length === 0;
  }

  /** Takes note of the key whose value comes next, and returns the shape of that value. */
  expect(name: string, keyStart: number, keyEnd: number): Shape {
    this.#name = name;
    this.#keyStart = keyStart;
    this.#keyEnd = keyEnd;
    const named = this.shape.members;
    // `hasOwn`, because `__proto__` and `constructor` are ordinary member names.
    const own = named !== undefined && Object.hasOwn(named, name) ? named[name] : undefined;
    return own ?? this.shape.anyMember ?? LEAF;
  }

  add(value: JsonNode): void {
    this.members.push({ name: this.#name, keyStart: this.#keyStart, keyEnd: this.#keyEnd, value });
  }

  close(end: number): JsonNode {
    return { kind: 'object', start: this.start, end, members: this.members };
  }
}

/** An array whose elements are being recorded. */
class OpenArray {
  readonly closer = CLOSE_BRACKET;
  readonly items: JsonNode[] = [];

  constructor(
    readonly start: number,
    readonly itemShape: Shape,
  ) {}

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  add(value: JsonNode): void {
    this.items.push(value);
  }

  close(end: number): JsonNode {
    return { kind: 'array', start: this.start, end, items: this.items };
  }
}

type OpenContainer = OpenObject | OpenArray;

const COLON = 0x3a;
const COMMA = 0x2c;
const QUOTE = 0x22;

/*
 * Containers whose children are to be recorded and not what is in them: each entry of a map, and whatever `expandNode`
 * opens. They are the bulk of what is recorded, hence loops of their own beside the general walk.
 */

/** Checks and records the object that begins at `start`. `depth` counts the open containers, this one among them. */
function recordFlatObject(walk: TextWalk, start: number, depth: number): JsonNode {
  const members: JsonMember[] = [];
  let at = walk.skipSpace(start + 1);
  if (byteAt(walk.bytes, at) === CLOSE_BRACE) return { kind: 'object', start, end: at + 1, members };
  for (;;) {
    const member = recordMember(walk, at, depth);
    members.push(member);
    at = walk.skipSpace(member.value.end);
    const byte = byteAt(walk.bytes, at);
    if (byte === CLOSE_BRACE) return { kind: 'object', start, end: at + 1, members };
    if (byte !== COMMA) failUnclosed(walk.bytes, at, CLOSE_BRACE);
    at = walk.skipSpace(at + 1);
  }
}

function recordMember(walk: TextWalk, keyStart: number, depth: number): JsonMember {
  const { bytes } = walk;
  if (byteAt(bytes, keyStart) !== QUOTE) failExpecting(bytes, keyStart, 'a member name');
  const keyEnd = walk.skipString(keyStart);
  const colon = walk.skipSpace(keyEnd);
  if (byteAt(bytes, colon) !== COLON) failExpecting(bytes, colon, "':'");
  const value = recordLeaf(walk, walk.skipSpace(colon + 1), depth);
  return { name: decodeName(bytes, keyStart, keyEnd), keyStart, keyEnd, value };
}

/** Checks and records the array that begins at `start`. */
function recordFlatArray(walk: TextWalk, start: number, depth: number): JsonNode {
  const items: JsonNode[] = [];
  let at = walk.skipSpace(start + 1);
  if (byteAt(walk.bytes, at) === CLOSE_BRACKET) return { kind: 'array', start, end: at + 1, items };
  for (;;) {
    const item = recordLeaf(walk, at, depth);
    items.push(item);
    at = walk.skipSpace(item.end);
    const byte = byteAt(walk.bytes, at);
    if (byte === CLOSE_BRACKET) return { kind: 'array', start, end: at + 1, items };
    if (byte !== COMMA) failUnclosed(walk.bytes, at, CLOSE_BRACKET);
    at = walk.skipSpace(at + 1);
  }
}

/** Checks a value and records nothing but its place. */
function recordLeaf(walk: TextWalk, start: number, depth: number): JsonNode {
  const end = walk.skipValue(start, depth);
  return { kind: readKind(walk.bytes, start), start, end };
}

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

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
    return container.expect(decodeName(this.#bytes, start, end), start, end);
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
