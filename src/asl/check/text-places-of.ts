import { textPlaces } from '../read/text-places.js';
import type { AslNode } from '../read/node.js';
import type { State } from '../flow/states.js';

/** Byte offset of a character of a string; the string's own where it is spelled so that characters have no place. */
export function offsetIn({ scope }: State, node: AslNode, index: number): number {
  return textPlaces(scope.machine.source.bytes, node)?.at(index) ?? node.start;
}

/** True when parts of the string can be replaced in place. An alias is left later, with the reason. */
export function isEditable({ scope }: State, node: AslNode): boolean {
  return node.isAlias === true || textPlaces(scope.machine.source.bytes, node) !== undefined;
}
