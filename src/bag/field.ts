import { detectValuePointer } from './dialects/index.js';
import { detectTarget } from './pointer.js';
import type { Pointer } from './pointer.js';
import { isMissing } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

/**
 * What stands under one of the two old names, or under a `*_s3_path` name. `empty` is null or `""`: the member is
 * there and says nothing.
 */
export type Field<V> =
  | { readonly state: 'absent' }
  | { readonly state: 'empty' }
  | { readonly state: 'inline'; readonly value: V }
  | { readonly state: 'pointer'; readonly value: V; readonly pointer: Pointer };

/** Reads `workflow_config` or `partition_map`. */
export function detectField<V>(reader: ValueReader<V>, bag: V, name: string): Field<V> {
  const value = reader.member(bag, name);
  if (value === undefined) return { state: 'absent' };
  if (isMissing(reader, value) || reader.text(value) === '') return { state: 'empty' };
  const pointer = detectValuePointer(reader, value);
  return pointer ? { state: 'pointer', value, pointer } : { state: 'inline', value };
}

/** Reads a `*_s3_path` member, where a bare key is a pointer too. What is no string counts as inline data. */
export function detectPath<V>(reader: ValueReader<V>, bag: V, name: string): Field<V> {
  const field = detectField(reader, bag, name);
  if (field.state !== 'inline') return field;
  const text = reader.text(field.value);
  if (text === undefined) return field;
  return { state: 'pointer', value: field.value, pointer: { dialect: 's3-path', target: detectTarget(text) } };
}
