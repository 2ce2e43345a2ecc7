import { bufferOver, decodeQuoted } from './decode-text.js';

/** Longer names are rare and decoded each time. */
const MAX_BYTES = 32;
const SLOTS = 512;

/**
 * Names met lately, by their bytes: the same few dozen occur in every bag and in every element of a map, and decoding
 * one costs ten times as much as comparing it. A slot keeps the last name that fell into it, so the memory is fixed.
 */
const spellings = new Uint8Array(SLOTS * MAX_BYTES);
const lengths = new Uint8Array(SLOTS);
const names: string[] = new Array<string>(SLOTS).fill('');

/** The name whose key lies at `[start, end)`, quotes included, unescaped. */
export function memberName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start - 2;
  if (length > MAX_BYTES) return decodeQuoted(bufferOver(bytes), start, end);
  const slot = slotOf(bytes, start + 1, length);
  if (!isKept(slot, bytes, start + 1, length))
    keep(slot, bytes.subarray(start + 1, end - 1), decodeQuoted(bufferOver(bytes), start, end));
  return names[slot]!;
}

/** FNV-1a of the bytes, folded: its low bits alone mix names that differ in the last letters too little. */
function slotOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < start + length; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}

function isKept(slot: number, bytes: Uint8Array, start: number, length: number): boolean {
  if (lengths[slot] !== length) return false;
  const base = slot * MAX_BYTES;
  for (let index = 0; index < length; index += 1) {
    if (spellings[base + index] !== bytes[start + index]) return false;
  }
  return true;
}

function keep(slot: number, spelling: Uint8Array, name: string): void {
  spellings.set(spelling, slot * MAX_BYTES);
  lengths[slot] = spelling.length;
  names[slot] = name;
}
