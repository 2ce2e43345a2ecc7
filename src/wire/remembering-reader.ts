import { byteReader } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import type { ValueReader } from '../bag/value-reader.js';

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
