import { expandNode, scanJson } from '../../src/json/index.js';

/** A member of an object: its name as it is read, its value as it is spelled. */
export interface SpelledValue {
  readonly name: string;
  readonly value: string;
}

/** The members of the outermost object of a document, in order, duplicates included. */
export function spelledMembers(document: Uint8Array): readonly SpelledValue[] {
  const { members = [] } = expandNode(document, scanJson(document));
  return members.map(({ name, value }) => ({
    name,
    value: Buffer.from(document.subarray(value.start, value.end)).toString(),
  }));
}
