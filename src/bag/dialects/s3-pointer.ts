import { isMissing, textMember } from '../value-reader.js';
import type { ValueReader } from '../value-reader.js';
import { detectMixed } from '../pointer.js';
import type { Dialect } from '../pointer.js';

const MEMBERS = new Set(['__s3_pointer__', 'bucket', 'key', 'size_bytes', 'checksum', 'field_name', 'created_at']);

/**
 * `{"__s3_pointer__": true, bucket, key, size_bytes, checksum, field_name, created_at}`, written by the last legacy
 * hydrator and by the bridge form. The marker is tested for truth (`true`, `1`, `"true"`), bucket and key must be
 * there, an empty or absent checksum means that nothing is checked.
 */
export const s3Pointer: Dialect = {
  name: 's3-pointer',
  detect: (reader, value) => {
    const marker = reader.member(value, '__s3_pointer__');
    if (marker === undefined || !isTruthy(reader, marker)) return undefined;
    const bucket = textMember(reader, value, 'bucket');
    const key = textMember(reader, value, 'key');
    const md5 = textMember(reader, value, 'checksum');
    const size = reader.member(value, 'size_bytes');
    const bytes = size === undefined ? undefined : reader.number(size);
    return {
      dialect: 's3-pointer',
      target: bucket && key ? { bucket, key } : undefined,
      ...detectMixed(reader, value, MEMBERS),
      ...(md5 ? { md5: md5.toLowerCase() } : {}),
      ...(bytes === undefined ? {} : { size: bytes }),
    };
  },
};

/** Truth as Python sees it. */
function isTruthy<V>(reader: ValueReader<V>, value: V): boolean {
  if (isMissing(reader, value)) return false;
  switch (reader.kind(value)) {
    case 'boolean':
      return reader.bytes(value)[0] === 0x74;
    case 'number':
      return reader.number(value) !== 0;
    case 'string':
      return reader.text(value) !== '';
    case 'nonfinite':
      return true;
    default:
      return reader.names(value).length > 0 || reader.items(value).length > 0;
  }
}
