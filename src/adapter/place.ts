import { isFaithfulText } from '../bag/faithful-text.js';
import { BagError } from '../errors.js';
import { jsonText } from './json-text.js';
import { isMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';

/**
 * The object with another value at a place, copied along the way to it and nowhere else. A level that is a JSON string
 * is opened and written again; throws `BagError` `EMBEDDED_INEXACT` when JavaScript would spell a number in it
 * otherwise.
 */
export function replaceAt(root: JsonMembers, path: readonly string[], value: JsonMembers): JsonMembers {
  return changeAt(root, path, () => value);
}

/** The same with a change of the value that is at the place. */
export function changeAt(
  root: JsonMembers,
  path: readonly string[],
  change: (value: JsonMembers) => JsonMembers,
): JsonMembers {
  const [name, ...rest] = path;
  if (name === undefined) return change(root);
  const member = root[name];
  if (typeof member === 'string') return { ...root, [name]: jsonText(changeAt(parseEmbedded(member), rest, change)) };
  return { ...root, [name]: changeAt(isMembers(member) ? member : {}, rest, change) };
}

function parseEmbedded(text: string): JsonMembers {
  if (!isFaithfulText(text)) {
    throw new BagError(
      'EMBEDDED_INEXACT',
      'a bag inside a JSON string holds a number that JavaScript cannot write back as it is spelled',
    );
  }
  return JSON.parse(text) as JsonMembers;
}
