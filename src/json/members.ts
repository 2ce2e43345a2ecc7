import { InternalError } from '../errors.js';
import { bufferOver, decodeQuoted } from './decode-text.js';
import type { JsonKind, JsonMember, JsonNode } from './node.js';
import { PackedObject } from './packed-object.js';
import { refusalAt } from './syntax-error.js';

/**
 * The last member of that name, the one every legacy reader sees where a name is there twice. Undefined when there
 * is none or `node` is no object. Throws `InternalError` `MEMBERS_NOT_RECORDED` for an object whose members were
 * neither asked for in the scan nor expanded, since "absent" would be a guess.
 */
export function lastMember(node: JsonNode, name: string): JsonMember | undefined {
  if (node.kind !== 'object') return undefined;
  if (node instanceof PackedObject) return node.find(name);
  const members = recordedMembers(node);
  return members.length > FEW ? indexOf(node, members).get(name) : findLast(members, name);
}

/** Up to so many members a walk is faster than an index. */
const FEW = 8;

/**
 * Made at the first look-up: a bag is asked for some fifty names. It hangs on the node, for a weak map would keep every
 * young node alive until the next full collection.
 */
function indexOf(node: JsonNode, members: readonly JsonMember[]): ReadonlyMap<string, JsonMember> {
  if (node.byName) return node.byName;
  const index = new Map<string, JsonMember>();
  for (const member of members) index.set(member.name, member);
  node.byName = index;
  return index;
}

function findLast(members: readonly JsonMember[], name: string): JsonMember | undefined {
  for (let at = members.length - 1; at >= 0; at -= 1) {
    if (members[at]!.name === name) return members[at];
  }
  return undefined;
}

/** Members of an object node. Throws `InternalError` `WRONG_KIND` or `MEMBERS_NOT_RECORDED`. */
export function recordedMembers(node: JsonNode): readonly JsonMember[] {
  requireKind(node, 'object');
  if (node.members !== undefined) return node.members;
  throw new InternalError('MEMBERS_NOT_RECORDED', `members of the object at byte ${node.start} were not recorded`);
}

/**
 * Text of a string node, escapes decoded; escaped lone surrogates stay lone. Throws `InternalError` for other kinds.
 */
export function decodeString(bytes: Uint8Array, node: JsonNode): string {
  requireKind(node, 'string');
  return decodeQuoted(bufferOver(bytes), node.start, node.end);
}

/** The value's own bytes, as a view and not a copy. */
export function sliceNode(bytes: Uint8Array, node: JsonNode): Uint8Array {
  return bytes.subarray(node.start, node.end);
}

/**
 * The value as `JSON.parse` gives it; for small values. `__proto__` is an own property. Numbers lose their spelling and
 * large integers their last digits. Throws `BagError` `JSON_NONFINITE` when `NaN` or an infinity is anywhere inside.
 */
export function toPlainValue(bytes: Uint8Array, node: JsonNode): unknown {
  const text = bufferOver(bytes).toString('utf8', node.start, node.end);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The bytes have passed the scan, so these tokens are the only thing JSON.parse can have met.
    const what = 'NaN or an infinity, which a plain value cannot hold, in the value';
    throw refusalAt(bytes, node.start, 'JSON_NONFINITE', what, error);
  }
}

/** Throws `InternalError` `WRONG_KIND` unless the node is of that kind. */
export function requireKind(node: JsonNode, kind: JsonKind): void {
  if (node.kind === kind) return;
  throw new InternalError('WRONG_KIND', `${node.kind} at byte ${node.start} where the program promised: ${kind}`);
}
