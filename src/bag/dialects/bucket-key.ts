import { textMember } from '../value-reader.js';
import type { Dialect } from '../pointer.js';

/** `{"bucket", "key"}` or `{"Bucket", "Key"}` and nothing else: what clients of the resume path send. */
export const bucketKey: Dialect = {
  name: 'bucket-key',
  detect: (reader, value) => {
    if (reader.kind(value) !== 'object' || reader.names(value).length !== 2) return undefined;
    const bucket = textMember(reader, value, 'bucket') ?? textMember(reader, value, 'Bucket');
    const key = textMember(reader, value, 'key') ?? textMember(reader, value, 'Key');
    return bucket && key ? { dialect: 'bucket-key', target: { bucket, key } } : undefined;
  },
};
