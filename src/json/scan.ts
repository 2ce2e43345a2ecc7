import { BagError } from '../errors/index.js';
import { byteAt, createRefusal, failExpecting, failTooDeep } from './bytes.js';
import { decodeName } from './members.js';
import { LEAF } from './node.js';
import type { JsonMember, JsonNode, Shape } from './node.js';
import { TextWalk, failUnclosed, findMalformedUtf8, readKind } from './tokens.js';

/* Entry of the scanner: limits, encoding, the outermost value, and one more level on demand. */

/** Containers that may nest. Python's own parser gives up near 1,000. */
export const MAX_DEPTH = 4096;

/** 500 MiB, a little under the longest string V8 can hold, so that every string inside a document can be decoded. */
export const MAX_DOCUMENT_BYTES = 500 * 1024 * 1024;

export interface ScanOptions {
  /** Containers that may nest, a whole number; 0 allows a string, number or word only. Default `MAX_DEPTH`. */
  readonly maxDepth?: number;
}

/**
 * Checks that `bytes` is one JSON document (RFC 8259, UTF-8) with nothing but white space around it, and returns
 * its outermost value with the members and elements recorded that `shape` asks for. Offsets count bytes.
 * Beyond the RFC, Python's `NaN`, `Infinity` and `-Infinity` are values. Time and memory are linear.
 *
 * Throws a `BagError`; all but `JSON_TOO_LARGE` have `offset`, `line` and `column` in their context:
 * - `JSON_SYNTAX`: not JSON; `JSON_EMPTY`: nothing but white space; `JSON_BOM`: begins with a byte order mark;
 * - `INVALID_UTF8`: malformed UTF-8, raw surrogates included (escaped ones, `\ud800`, are legal and pass);
 * - `JSON_TOO_DEEP`, `JSON_TOO_LARGE`: a bound is exceeded.
 */
export function scanJson(bytes: Uint8Array, shape: Shape = LEAF, options: ScanOptions = {}): JsonNode {
  refuseUnreadable(bytes);
  const walk = new TextWalk(bytes, options.maxDepth ?? MAX_DEPTH);
  if (walk.skipSpace(0) === bytes.length) {
    throw createRefusal(bytes, bytes.length, 'JSON_EMPTY', 'document is empty, it ends without a value');
  }
  const root = new Recorder(walk).record(0, shape);
  const rest = walk.skipSpace(root.end);
  if (rest < bytes.length) failExpecting(bytes, rest, 'the end of the document');
  return root;
}

function refuseUnreadable(bytes: Uint8Array): void {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    const message = `document of ${bytes.length} bytes, more than the ${MAX_DOCUMENT_BYTES} that can be read`;
    throw new BagError('JSON_TOO_LARGE', message, { context: { bytes: bytes.length, limit: MAX_DOCUMENT_BYTES } });
  }
  if (beginsWithBom(bytes)) throw createRefusal(bytes, 0, 'JSON_BOM', 'byte order mark');
  const malformed = findMalformedUtf8(bytes);
  if (malformed >= 0) throw createRefusal(bytes, malformed, 'INVALID_UTF8', 'malformed UTF-8');
}

function beginsWithBom(bytes: Uint8Array): boolean {
  return byteAt(bytes, 0) === 0xef && byteAt(bytes, 1) === 0xbb && byteAt(bytes, 2) === 0xbf;
}

/** Record every value there is. */
export const EVERYTHING: Shape = everything();

function everything(): Shape {
  const shape: { anyMember?: Shape; items?: Shape } = {};
  shape.anyMember = shape;
  shape.items = shape;
  return Object.freeze(shape);
}

const ONE_LEVEL: Shape = Object.freeze({ anyMember: LEAF, items: LEAF });

/** Deeper than any document is long; what is expanded has passed a scan and its bound already. */
const NO_BOUND = 2 ** 30 - 1;

/**
 * Fills in `members` or `items` of an object or array where the scan did not record them, one level deep, and
 * returns the same node. `bytes` is the document the node was scanned from. Other kinds, and nodes already filled,
 * are left as they are.
 */
export function expandNode(bytes: Uint8Array, node: JsonNode): JsonNode {
  if (!isMissingChildren(node)) return node;
  const recorded = new Recorder(new TextWalk(bytes, NO_BOUND)).record(node.start, ONE_LEVEL);
  if (recorded.members !== undefined) node.members = recorded.members;
  if (recorded.items !== undefined) node.items = recorded.items;
  return node;
}

function isMissingChildren(node: JsonNode): boolean {
  if (node.kind === 'object') return node.members === undefined;
  return node.kind === 'array' && node.items === undefined;
}

/* Records the members and elements that a shape asks for, and checks what it passes. */

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
class Recorder {
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
