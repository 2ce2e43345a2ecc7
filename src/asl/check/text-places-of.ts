import { textPlaces } from '../read/text-places.js';
import type { AslNode } from '../read/node.js';
import type { State } from '../flow/states.js';
import { oncePer } from '../once.js';

/** A string is taken apart once, however many members of its expression are found. */
const placesIn = oncePer((node: AslNode, bytes: Uint8Array) => textPlaces(bytes, node));

/** Byte offset of a character of a string; the string's own where it is spelled so that characters have no place. */
export function offsetIn({ scope }: State, node: AslNode, index: number): number {
  return placesIn(node, scope.machine.source.bytes)?.at(index) ?? node.start;
}

/** True when parts of the string can be replaced in place. An alias is left later, with the reason. */
export function isEditable({ scope }: State, node: AslNode): boolean {
  return node.isAlias === true || placesIn(node, scope.machine.source.bytes) !== undefined;
}
