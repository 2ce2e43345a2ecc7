import { BagError } from '../errors.js';
import type { ValueKind, ValueReader } from './value-reader.js';

const encoder = new TextEncoder();
/** A byte order mark is kept, so that `JSON.parse` refuses it as every legacy reader does. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Members = Readonly<Record<string, unknown>>;

/** Reads what `JSON.parse` made: the world of a Lambda handler. Values are never changed and never kept. */
export const objectReader: ValueReader<unknown> = {
  kind: kindOf,
  member: (value, name) => (isMembers(value) && Object.hasOwn(value, name) ? value[name] : undefined),
  names: (value) => (isMembers(value) ? Object.keys(value) : []),
  items: (value) => (Array.isArray(value) ? (value as unknown[]) : []),
  text: (value) => (typeof value === 'string' ? value : undefined),
  number: (value) => (typeof value === 'number' ? value : undefined),
  bytes: (value) => encoder.encode(JSON.stringify(value)),
  embedded: (value) => (typeof value === 'string' ? parseOrUndefined(value) : undefined),
  parse: (bytes) => parseText(bytes),
};

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): ValueKind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  if (type === 'number') return Number.isFinite(value) ? 'number' : 'nonfinite';
  return type === 'string' || type === 'boolean' ? type : 'object';
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Text that is no JSON is an ordinary string; the caller asked whether it is more than that.
    return undefined;
  }
}

function parseText(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch (cause) {
    throw new BagError('JSON_SYNTAX', 'the stored text is not JSON that JSON.parse accepts', { cause });
  }
}
