import { isFaithfulText } from '../bag/faithful-text.js';
import { BagError } from '../errors.js';
import { jsonText } from './json-text.js';
import { isMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';

/**
 * The object with another value at a place, copied along the way to it and nowhere else. A level that is a JSON string
 * is opened and written anew; throws `BagError` `EMBEDDED_INEXACT` when JavaScript would spell a number in it otherwise.
 */
export function replaceAt(root: JsonMembers, path: readonly string[], value: JsonMembers): JsonMembers {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const member = root[name];
  if (typeof member === 'string') return { ...root, [name]: jsonText(replaceAt(openText(member), rest, value)) };
  return { ...root, [name]: isMembers(member) ? replaceAt(member, rest, value) : value };
}

function openText(text: string): JsonMembers {
  if (!isFaithfulText(text)) {
    throw new BagError('EMBEDDED_INEXACT', 'a bag inside a JSON string holds a number that JavaScript cannot write back as it is spelled');
  }
  return JSON.parse(text) as JsonMembers;
}
