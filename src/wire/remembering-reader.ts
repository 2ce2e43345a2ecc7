import { byteReader } from '../bag/reader.js';
import type { ByteValue, ValueReader } from '../bag/reader.js';

/** The byte reader; a blob that a cache hands out again is scanned once, and what was opened in it stays open. */
export function rememberingByteReader(): ValueReader<ByteValue> {
  const known = new WeakMap<Uint8Array, ByteValue>();
  return {
    ...byteReader,
    parse: (bytes) => {
      const value = known.get(bytes) ?? byteReader.parse(bytes);
      known.set(bytes, value);
      return value;
    },
  };
}
