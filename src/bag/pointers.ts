import { textMember, isMissing } from './value.js';
import type { Value } from './value.js';

/** The dialects in which legacy writers left pointers; see GLOSSARY.md. */
type DialectName =
  | 's3-pointer'
  | 's3-offloaded'
  | 's3-path'
  | 's3-reference'
  | 'bucket-key'
  | 'branch-pointer'
  | 'manifest-pointer'
  | 'state-summary'
  | 'batch-pointer'
  | 'delta-marker'
  | 'data-loss-marker';

/** JSON left behind in place of a value, and what it says about the bytes it names. */
export interface Pointer {
  readonly dialect: DialectName;
  /** `undefined` when the pointer is recognised and names nothing that can be followed. */
  readonly target: PointerTarget | undefined;
  /** Digest in the key of a content address. Reading the bag sets it, by the layout and places of the store. */
  readonly sha256?: string | undefined;
  /** Lower-case hex of the MD5 of the stored text, whole (32) or its first 8 digits, when the pointer carries one. */
  readonly md5?: string;
  /** Names of members beyond those that the dialect's writers give a pointer: data was merged into it. */
  readonly mixed?: readonly string[];
  /** Bytes the writer says it stored. A hint: only a checksum is ever held against the bytes. */
  readonly size?: number;
}

/** A bare key has no bucket: it lies in the bucket of the store. */
interface PointerTarget {
  readonly bucket: string | undefined;
  readonly key: string;
}

/** One form in which writers left pointers. */
interface Dialect {
  readonly name: DialectName;
  /** The pointer when the value is one of this dialect. Never throws, never follows anything. */
  detect(value: Value): Pointer | undefined;
}

/** What a pointer has beyond the members of its dialect, for `mixed`. */
function detectMixed(value: Value, own: ReadonlySet<string>): Pick<Pointer, 'mixed'> {
  const mixed = value.names().filter((name) => !own.has(name));
  return mixed.length === 0 ? {} : { mixed };
}

/** Reads `s3://bucket/key` or a bare key. Never by URL parsing: legacy keys hold `#`, which a URL would cut off. */
export function detectTarget(text: string): PointerTarget | undefined {
  if (text === '' || text.includes('\0')) return undefined;
  if (!text.startsWith('s3://'))
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? undefined : { bucket: undefined, key: text };
  const slash = text.indexOf('/', 5);
  const bucket = text.slice(5, slash);
  const key = text.slice(slash + 1);
  return slash > 5 && key !== '' ? { bucket, key } : undefined;
}

/** `{"bucket", "key"}` or `{"Bucket", "Key"}` and nothing else: what clients of the resume path send. */
const bucketKey: Dialect = {
  name: 'bucket-key',
  detect: (value) => {
    if (value.kind() !== 'object' || value.names().length !== 2) return undefined;
    const bucket = textMember(value, 'bucket') ?? textMember(value, 'Bucket');
    const key = textMember(value, 'key') ?? textMember(value, 'Key');
    return bucket && key ? { dialect: 'bucket-key', target: { bucket, key } } : undefined;
  },
};

/**
 * Dialects that stand for something else than one whole value: recognised, so that they are never taken for a
 * program, and never followed as one.
 */
const markers: readonly Dialect[] = [
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
    detect: (value) => {
      const path = textMember(value, member);
      return path === undefined ? undefined : { dialect: name, target: detectTarget(path) };
    },
  };
}

function memberDialect(name: DialectName, member: string): Dialect {
  return {
    name,
    detect: (value) => (value.member(member) === undefined ? undefined : { dialect: name, target: undefined }),
  };
}

/** `{"__batch_pointer__": true, bucket, key, field_names}`: gzip of several members at once, from the newest era. */
function batchPointer(): Dialect {
  return {
    name: 'batch-pointer',
    detect: (value) => {
      if (value.member('__batch_pointer__') === undefined) return undefined;
      const bucket = textMember(value, 'bucket');
      const key = textMember(value, 'key');
      return { dialect: 'batch-pointer', target: bucket && key ? { bucket, key } : undefined };
    },
  };
}

/** `{"type": "history_archive" | "compressed" | "error_truncated"}`: the value was cut down and is gone. */
function dataLossMarker(): Dialect {
  const types = new Set(['history_archive', 'compressed', 'error_truncated']);
  return {
    name: 'data-loss-marker',
    detect: (value) =>
      types.has(textMember(value, 'type') ?? '') ? { dialect: 'data-loss-marker', target: undefined } : undefined,
  };
}

/** A string `s3://bucket/key`, under a `*_s3_path` name or, from some clients, under the old name itself. */
const s3Path: Dialect = {
  name: 's3-path',
  detect: (value) => {
    const text = value.text();
    return text?.startsWith('s3://') ? { dialect: 's3-path', target: detectTarget(text) } : undefined;
  },
};

const POINTER_MEMBERS = new Set([
  '__s3_pointer__',
  'bucket',
  'key',
  'size_bytes',
  'checksum',
  'field_name',
  'created_at',
]);

/**
 * `{"__s3_pointer__": true, bucket, key, size_bytes, checksum, field_name, created_at}`, written by the last legacy
 * hydrator and by the bridge form. The marker is tested for truth (`true`, `1`, `"true"`), bucket and key must be
 * there, an empty or absent checksum means that nothing is checked.
 */
export const s3Pointer: Dialect = {
  name: 's3-pointer',
  detect: (value) => {
    const marker = value.member('__s3_pointer__');
    if (marker === undefined || !isTruthy(marker)) return undefined;
    const bucket = textMember(value, 'bucket');
    const key = textMember(value, 'key');
    const md5 = textMember(value, 'checksum');
    const size = value.member('size_bytes');
    const bytes = size === undefined ? undefined : size.number();
    return {
      dialect: 's3-pointer',
      target: bucket && key ? { bucket, key } : undefined,
      ...detectMixed(value, POINTER_MEMBERS),
      ...(md5 ? { md5: md5.toLowerCase() } : {}),
      ...(bytes === undefined ? {} : { size: bytes }),
    };
  },
};

/** Truth as Python sees it. */
function isTruthy(value: Value): boolean {
  if (isMissing(value)) return false;
  switch (value.kind()) {
    case 'boolean':
      return value.bytes()[0] === 0x74;
    case 'number':
      return value.number() !== 0;
    case 'string':
      return value.text() !== '';
    case 'nonfinite':
      return true;
    default:
      return value.names().length > 0 || value.items().length > 0;
  }
}

const OFFLOADED_DIALECT_MEMBERS = new Set(['__s3_offloaded', '__s3_path', '__original_size_kb']);

/** `{"__s3_offloaded": true, "__s3_path": "s3://…", "__original_size_kb": n}`, written by the legacy state manager. */
const s3Offloaded: Dialect = {
  name: 's3-offloaded',
  detect: (value) => {
    const marker = value.member('__s3_offloaded');
    if (marker?.kind() !== 'boolean' || marker.bytes()[0] !== 0x74) return undefined;
    const path = textMember(value, '__s3_path');
    return {
      dialect: 's3-offloaded',
      target: path === undefined ? undefined : detectTarget(path),
      ...detectMixed(value, OFFLOADED_DIALECT_MEMBERS),
    };
  },
};

const REFERENCE_MEMBERS = new Set(['type', 's3_path', 'size_kb', 'stored_at']);

/**
 * `{"type": "s3_reference", "s3_path": "s3://…", "size_kb", "stored_at"}`, written by the legacy state data manager.
 */
const s3Reference: Dialect = {
  name: 's3-reference',
  detect: (value) => {
    if (textMember(value, 'type') !== 's3_reference') return undefined;
    const path = textMember(value, 's3_path');
    return {
      dialect: 's3-reference',
      target: path === undefined ? undefined : detectTarget(path),
      ...detectMixed(value, REFERENCE_MEMBERS),
    };
  },
};

/** The first that detects a pointer counts. CONTRIBUTING.md says how to add one. */
const DIALECTS: readonly Dialect[] = [s3Pointer, s3Offloaded, s3Reference, s3Path, bucketKey, ...markers];

/** Dialects that stand for the whole value they replaced, and may therefore be followed to it. */
const FOLLOWED = new Set<string>(['s3-pointer', 's3-offloaded', 's3-reference', 's3-path', 'bucket-key']);

/** The pointer that a value is, in whatever dialect; `undefined` for ordinary data. Never throws. */
export function detectPointer(value: Value): Pointer | undefined {
  for (const dialect of DIALECTS) {
    const pointer = dialect.detect(value);
    if (pointer) return pointer;
  }
  return undefined;
}

/** The pointer when the value stands for a whole value elsewhere. */
export function detectValuePointer(value: Value): Pointer | undefined {
  const pointer = detectPointer(value);
  return pointer && FOLLOWED.has(pointer.dialect) ? pointer : undefined;
}
