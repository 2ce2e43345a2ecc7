import type { ByteValue } from '../bag/value.js';

/** The value at a place, levels inside JSON strings opened; `undefined` when nothing lies there. */
export function valueAt(root: ByteValue, path: readonly string[]): ByteValue | undefined {
  let value: ByteValue | undefined = root;
  for (const name of path) {
    const member: ByteValue | undefined = value?.member(name);
    value = member && (member.embedded() ?? member);
  }
  return value;
}
