import { byteAt } from './byte-at.js';
import { memberName } from './member-name.js';
import type { JsonMember, JsonNode } from './node.js';
import { PackedObject } from './packed-object.js';
import { kindAt } from './scalar-token.js';
import { failUnclosed } from './skip-value.js';
import { failExpecting } from './syntax-error.js';
import type { TextWalk } from './text-walk.js';

const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const QUOTE = 0x22;

/*
 * Containers whose children are to be recorded and not what is in them: each entry of a map, and whatever `expandNode`
 * opens. They are the bulk of what is recorded, hence loops of their own beside the general walk.
 */

/** Checks and records the object that begins at `start`. `depth` counts the open containers, this one among them. */
export function recordFlatObject(walk: TextWalk, start: number, depth: number): JsonNode {
  return recordByKernel(walk, start, depth) ?? recordMembers(walk, start, depth);
}

function recordByKernel({ kernel, bytes, maxDepth }: TextWalk, start: number, depth: number): JsonNode | undefined {
  const count = kernel === undefined ? -1 : kernel.members(start, maxDepth - depth);
  if (kernel === undefined || count < 0) return undefined;
  return new PackedObject(bytes, start, kernel.objectEnd, kernel.places(count));
}

function recordMembers(walk: TextWalk, start: number, depth: number): JsonNode {
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
  return { name: memberName(bytes, keyStart, keyEnd), keyStart, keyEnd, value };
}

/** Checks and records the array that begins at `start`. */
export function recordFlatArray(walk: TextWalk, start: number, depth: number): JsonNode {
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
export function recordLeaf(walk: TextWalk, start: number, depth: number): JsonNode {
  const end = walk.skipValue(start, depth);
  return { kind: kindAt(walk.bytes, start), start, end };
}
