import { textMember } from '../value-reader.js';
import { detectMixed, detectTarget } from '../pointer.js';
import type { Dialect } from '../pointer.js';

const MEMBERS = new Set(['type', 's3_path', 'size_kb', 'stored_at']);

/**
 * `{"type": "s3_reference", "s3_path": "s3://…", "size_kb", "stored_at"}`, written by the legacy state data manager.
 */
export const s3Reference: Dialect = {
  name: 's3-reference',
  detect: (reader, value) => {
    if (textMember(reader, value, 'type') !== 's3_reference') return undefined;
    const path = textMember(reader, value, 's3_path');
    return {
      dialect: 's3-reference',
      target: path === undefined ? undefined : detectTarget(path),
      ...detectMixed(reader, value, MEMBERS),
    };
  },
};
