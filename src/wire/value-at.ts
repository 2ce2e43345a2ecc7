import { byteReader } from '../bag/reader.js';
import type { ByteValue } from '../bag/reader.js';

/** The value at a place, levels inside JSON strings opened; `undefined` when nothing lies there. */
export function valueAt(root: ByteValue, path: readonly string[]): ByteValue | undefined {
  let value: ByteValue | undefined = root;
  for (const name of path) {
    const member: ByteValue | undefined = value && byteReader.member(value, name);
    value = member && (byteReader.embedded(member) ?? member);
  }
  return value;
}
