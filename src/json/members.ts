/* Looks up what a scan recorded: members by name, strings, plain values. */

import { InternalError } from '../errors/index.js';
import { bufferOver, decodeQuoted, createRefusal } from './bytes.js';
import type { JsonKind, JsonMember, JsonNode } from './node.js';

/** Longer names are rare and decoded each time. */
const MAX_BYTES = 32;
const SLOTS = 512;

/**
 * Names met lately, by their bytes: the same few dozen occur in every bag and in every element of a map, and decoding
 * one costs ten times as much as comparing it. A slot keeps the last name that fell into it, so the memory is fixed.
 */
const cachedBytes = new Uint8Array(SLOTS * MAX_BYTES);
const lengths = new Uint8Array(SLOTS);
const names: string[] = new Array<string>(SLOTS).fill('');

/** The name whose key lies at `[start, end)`, quotes included, unescaped. */
export function decodeName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start - 2;
  if (length > MAX_BYTES) return decodeQuoted(bufferOver(bytes), start, end);
  const slot = findSlot(bytes, start + 1, length);
  if (!isCached(slot, bytes, start + 1, length))
    cacheName(slot, bytes.subarray(start + 1, end - 1), decodeQuoted(bufferOver(bytes), start, end));
  return names[slot]!;
}

/** FNV-1a of the bytes, folded: its low bits alone mix names that differ in the last letters too little. */
function findSlot(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < start + length; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}

function isCached(slot: number, bytes: Uint8Array, start: number, length: number): boolean {
  if (lengths[slot] !== length) return false;
  const base = slot * MAX_BYTES;
  for (let index = 0; index < length; index += 1) {
    if (cachedBytes[base + index] !== bytes[start + index]) return false;
  }
  return true;
}

function cacheName(slot: number, spelling: Uint8Array, name: string): void {
  cachedBytes.set(spelling, slot * MAX_BYTES);
  lengths[slot] = spelling.length;
  names[slot] = name;
}

/**
 * The last member of that name, the one every legacy reader sees where a name is there twice. Undefined when there
 * is none or `node` is no object. Throws `InternalError` `MEMBERS_NOT_RECORDED` for an object whose members were
 * neither asked for in the scan nor expanded, since "absent" would be a guess.
 */
export function lastMember(node: JsonNode, name: string): JsonMember | undefined {
  if (node.kind !== 'object') return undefined;
  const members = requireMembers(node);
  return members.length > FEW ? indexMembers(node, members).get(name) : findLast(members, name);
}

/** Up to so many members a walk is faster than an index. */
const FEW = 8;

/**
 * Made at the first look-up: a bag is asked for some fifty names. It hangs on the node, for a weak map would keep every
 * young node alive until the next full collection.
 */
function indexMembers(node: JsonNode, members: readonly JsonMember[]): ReadonlyMap<string, JsonMember> {
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
export function requireMembers(node: JsonNode): readonly JsonMember[] {
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
    throw createRefusal(bytes, node.start, 'JSON_NONFINITE', what, error);
  }
}

/** Throws `InternalError` `WRONG_KIND` unless the node is of that kind. */
export function requireKind(node: JsonNode, kind: JsonKind): void {
  if (node.kind === kind) return;
  throw new InternalError('WRONG_KIND', `${node.kind} at byte ${node.start} where the program promised: ${kind}`);
}
