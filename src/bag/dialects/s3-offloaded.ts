import { textMember } from '../value-reader.js';
import { detectMixed, detectTarget } from '../pointer.js';
import type { Dialect } from '../pointer.js';

const MEMBERS = new Set(['__s3_offloaded', '__s3_path', '__original_size_kb']);

/** `{"__s3_offloaded": true, "__s3_path": "s3://…", "__original_size_kb": n}`, written by the legacy state manager. */
export const s3Offloaded: Dialect = {
  name: 's3-offloaded',
  detect: (reader, value) => {
    const marker = reader.member(value, '__s3_offloaded');
    if (marker === undefined || reader.kind(marker) !== 'boolean' || reader.bytes(marker)[0] !== 0x74) return undefined;
    const path = textMember(reader, value, '__s3_path');
    return {
      dialect: 's3-offloaded',
      target: path === undefined ? undefined : detectTarget(path),
      ...detectMixed(reader, value, MEMBERS),
    };
  },
};
