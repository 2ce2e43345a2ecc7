import { BagError } from '../errors.js';
import { detectDigest } from '../content-address.js';
import type { BagSite } from './detect.js';
import { isEmptyMap, isHollow, listEntries, openText } from './entries.js';
import type { Field } from './field.js';
import { partitionConfig } from './partition-config.js';
import type { Pointer } from './pointer.js';
import { isObject } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

/**
 * Whether a value can have changed since the bag was written. `safe`: it is inline, at a content address, or its
 * pointer has a checksum. `mutable`: it is at a key that a later run may write again.
 */
export type Trust = 'safe' | 'mutable' | 'none';

/** True when following the pointer gives the bytes it was written for, or an error. */
export function isVerified(pointer: Pointer): boolean {
  return pointer.md5 !== undefined || detectDigest(pointer.target?.key) !== undefined;
}

/** What the config or map of a bag is worth: the old name outranks the path unless it holds nothing. */
function trustOf<V>(reader: ValueReader<V>, field: Field<V>, path: Field<V>): Trust {
  if (field.state === 'inline' && !isHollow(reader, field.value)) return 'safe';
  const source = field.state === 'pointer' ? field : path;
  if (source.state !== 'pointer') return 'none';
  return isVerified(source.pointer) ? 'safe' : 'mutable';
}

export function configTrust<V>(reader: ValueReader<V>, { config, configPath }: BagSite<V>): Trust {
  return trustOf(reader, config, configPath);
}

export function mapTrust<V>(reader: ValueReader<V>, { map, mapPath }: BagSite<V>): Trust {
  return trustOf(reader, map, mapPath);
}

/** A config cut into segments, or why it cannot be. Neither when it gives none. */
export interface Cut<V> {
  readonly map?: V;
  readonly error?: BagError;
}

export function cutOf<V>(reader: ValueReader<V>, config: V | undefined): Cut<V> {
  if (config === undefined || isHollow(reader, config)) return {};
  const opened = openText(reader, config);
  if (isObject(reader, opened) && isHollow(reader, opened)) return {};
  try {
    const map = partitionConfig(reader, opened);
    return isEmptyMap(reader, map) ? {} : { map };
  } catch (error) {
    if (error instanceof BagError) return { error };
    throw error;
  }
}

/**
 * True when two lists of segments are the same programs. The spelling of numbers, `outgoing_edges` and empty `branches`
 * do not count: the legacy writers of maps and manifests differed in them.
 */
export function samePrograms<V>(reader: ValueReader<V>, one: V, other: V): boolean {
  const [ones, others] = [one, other].map((list) => listEntries(reader, list).map((entry) => meaningOf(reader, entry)));
  return (
    ones!.length === others!.length &&
    ones!.every((meaning, index) => meaning !== undefined && meaning === others![index])
  );
}

function meaningOf<V>(reader: ValueReader<V>, entry: V): string | undefined {
  const program = reader.member(entry, 'segment_config') ?? entry;
  try {
    return JSON.stringify(JSON.parse(new TextDecoder().decode(reader.bytes(program))), withoutNotes);
  } catch (error) {
    // Numbers that only Python reads: not told to be the same.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function withoutNotes(name: string, value: unknown): unknown {
  if (name === 'outgoing_edges' || (name === 'branches' && Array.isArray(value) && value.length === 0))
    return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
