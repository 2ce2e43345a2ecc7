/* Entry of the scanner: limits, encoding, the outermost value, and one more level on demand. */

import { BagError } from '../errors.js';
import { byteAt, failExpecting, createRefusal } from './bytes.js';
import { LEAF } from './node.js';
import type { JsonNode, Shape } from './node.js';
import { Recorder } from './record.js';
import { TextWalk, findMalformedUtf8 } from './tokens.js';

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
