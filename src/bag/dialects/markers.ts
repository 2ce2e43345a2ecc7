import { textMember } from '../value-reader.js';
import { detectTarget } from '../pointer.js';
import type { Dialect, DialectName } from '../pointer.js';

/**
 * Dialects that stand for something else than one whole value: recognised, so that they are never taken for a
 * program, and never followed as one.
 */
export const markers: readonly Dialect[] = [
  pathDialect('branch-pointer', 'branches_s3_path'),
  pathDialect('manifest-pointer', 'manifest_s3_path'),
  pathDialect('state-summary', 'previous_state_s3_uri'),
  batchPointer(),
  memberDialect('delta-marker', '__delta_update__'),
  dataLossMarker(),
];

function pathDialect(name: DialectName, member: string): Dialect {
  return {
    name,
    detect: (reader, value) => {
      const path = textMember(reader, value, member);
      return path === undefined ? undefined : { dialect: name, target: detectTarget(path) };
    },
  };
}

function memberDialect(name: DialectName, member: string): Dialect {
  return {
    name,
    detect: (reader, value) =>
      reader.member(value, member) === undefined ? undefined : { dialect: name, target: undefined },
  };
}

/** `{"__batch_pointer__": true, bucket, key, field_names}`: gzip of several members at once, from the newest era. */
function batchPointer(): Dialect {
  return {
    name: 'batch-pointer',
    detect: (reader, value) => {
      if (reader.member(value, '__batch_pointer__') === undefined) return undefined;
      const bucket = textMember(reader, value, 'bucket');
      const key = textMember(reader, value, 'key');
      return { dialect: 'batch-pointer', target: bucket && key ? { bucket, key } : undefined };
    },
  };
}

/** `{"type": "history_archive" | "compressed" | "error_truncated"}`: the value was cut down and is gone. */
function dataLossMarker(): Dialect {
  const types = new Set(['history_archive', 'compressed', 'error_truncated']);
  return {
    name: 'data-loss-marker',
    detect: (reader, value) =>
      types.has(textMember(reader, value, 'type') ?? '')
        ? { dialect: 'data-loss-marker', target: undefined }
        : undefined,
  };
}
