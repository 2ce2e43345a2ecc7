import { LEAF, type JsonNode, type Shape } from './node.js';
import { PackedObject } from './packed-object.js';
import { Recorder } from './recorder.js';
import { TextWalk } from './text-walk.js';

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
  if (node instanceof PackedObject) return false;
  if (node.kind === 'object') return node.members === undefined;
  return node.kind === 'array' && node.items === undefined;
}
