import type { ValueReader } from './value-reader.js';

/** The dialects in which legacy writers left pointers; see GLOSSARY.md. */
export type DialectName =
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
  /** Lower-case hex of the MD5 of the stored text, whole (32) or its first 8 digits, when the pointer carries one. */
  readonly md5?: string;
  /** Names of members beyond those that the dialect's writers give a pointer: data was merged into it. */
  readonly mixed?: readonly string[];
  /** Bytes the writer says it stored. A hint: only a checksum is ever held against the bytes. */
  readonly size?: number;
}

/** A bare key has no bucket: it lies in the bucket of the store. */
export interface PointerTarget {
  readonly bucket: string | undefined;
  readonly key: string;
}

/** One dialect, one file below `dialects/`. */
export interface Dialect {
  readonly name: DialectName;
  /** The pointer when the value is one of this dialect. Never throws, never follows anything. */
  detect<V>(reader: ValueReader<V>, value: V): Pointer | undefined;
}

/** What a pointer has beyond the members of its dialect, for `mixed`. */
export function detectMixed<V>(reader: ValueReader<V>, value: V, own: ReadonlySet<string>): Pick<Pointer, 'mixed'> {
  const mixed = reader.names(value).filter((name) => !own.has(name));
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
