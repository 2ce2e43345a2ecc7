import { detectTarget } from '../pointer.js';
import type { Dialect } from '../pointer.js';

/** A string `s3://bucket/key`, under a `*_s3_path` name or, from some clients, under the old name itself. */
export const s3Path: Dialect = {
  name: 's3-path',
  detect: (reader, value) => {
    const text = reader.text(value);
    return text?.startsWith('s3://') ? { dialect: 's3-path', target: detectTarget(text) } : undefined;
  },
};
