import { BagError, StateBagError } from '../errors.js';
import { LEAF, decodeString, expandNode, lastMember, openEmbedded, scanJson, sliceNode } from '../json/index.js';
import type { JsonNode, Shape } from '../json/index.js';

/** `nonfinite` is one of Python's tokens `NaN`, `Infinity`, `-Infinity` in stored text. */
type ValueKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'nonfinite';

/**
 * One way to read JSON values, whatever they are made of. The byte reader walks stored text without decoding it;
 * the object reader walks what `JSON.parse` gave a Lambda. Everything that understands bags is written against this,
 * so both worlds follow the same rules.
 */
export interface ValueReader<V> {
  kind(value: V): ValueKind;
  /**
   * The member's value; the last of duplicates, as every legacy reader takes it. `undefined` on anything but an object.
   */
  member(value: V, name: string): V | undefined;
  /** Names of an object's members in order, each once; empty on anything else. */
  names(value: V): readonly string[];
  /** Elements of an array; empty on anything else. */
  items(value: V): readonly V[];
  /** Text of a string, `undefined` on anything else. */
  text(value: V): string | undefined;
  /** A number as a double, `undefined` on anything else. */
  number(value: V): number | undefined;
  /** JSON text in UTF-8: the stored bytes themselves, or what `JSON.stringify` makes of an object. */
  bytes(value: V): Uint8Array;
  /** The JSON document inside a string; `undefined` when the value is no string or its text is no JSON. */
  embedded(value: V): V | undefined;
  /** A value of this world from JSON text. Throws `BagError`. */
  parse(bytes: Uint8Array): V;
}

export function isObject<V>(reader: ValueReader<V>, value: V | undefined): value is V {
  return value !== undefined && reader.kind(value) === 'object';
}

/** True for an absent member and for an explicit null: no legacy reader tells them apart. */
export function isMissing<V>(reader: ValueReader<V>, value: V | undefined): value is undefined {
  return value === undefined || reader.kind(value) === 'null';
}

/** The text of a string member, `undefined` when it is absent or something else. */
export function textMember<V>(reader: ValueReader<V>, value: V, name: string): string | undefined {
  const member = reader.member(value, name);
  return member === undefined ? undefined : reader.text(member);
}

/** An entry of a map or manifest: its own members, no further. */
const ENTRY: Shape = { anyMember: LEAF };

/** A partition_map or segment_manifest: a list of entries or a dict of them. */
const ENTRIES: Shape = { items: ENTRY, anyMember: ENTRY };

/**
 * What one scan of a document records: the members of every object on the way to the bag, the bag's own members,
 * and the entries of its map and manifest. User data (`current_state`, `input`) is validated and left closed.
 */
const BAG_SHAPE: Shape = makeBagShape();

function makeBagShape(): Shape {
  const members: Record<string, Shape> = {
    partition_map: ENTRIES,
    segment_manifest: ENTRIES,
    workflow_config: { anyMember: LEAF },
  };
  const shape: Shape = { members, anyMember: LEAF };
  for (const wrapper of ['Payload', 'state_data', 'bag']) members[wrapper] = shape;
  return shape;
}

/** Stored text, or the text inside one of its strings. */
export interface ByteDocument {
  readonly bytes: Uint8Array;
  /** The string that carries this document, when it is embedded in another one. */
  readonly carrier?: ByteValue;
}

/** A value by its place in a document. */
export interface ByteValue {
  readonly document: ByteDocument;
  readonly node: JsonNode;
}

/** Scans a whole document once, recording what the rules of a bag look at. Throws `BagError` on what is not JSON. */
export function readDocument(bytes: Uint8Array, shape: Shape = BAG_SHAPE): ByteValue {
  return { document: { bytes }, node: scanJson(bytes, shape) };
}

const KINDS = {
  object: 'object',
  array: 'array',
  string: 'string',
  number: 'number',
  true: 'boolean',
  false: 'boolean',
  null: 'null',
  nonfinite: 'nonfinite',
} as const satisfies Record<JsonNode['kind'], ValueKind>;

/** Reads stored text in place: the world of the batch tool. */
export const byteReader: ValueReader<ByteValue> = {
  kind: (value) => KINDS[value.node.kind],
  member: memberOf,
  names: (value) => [...new Set(expanded(value).members?.map((member) => member.name))],
  items: (value) => expanded(value).items?.map((node) => ({ document: value.document, node })) ?? [],
  text: (value) => (value.node.kind === 'string' ? decodeString(value.document.bytes, value.node) : undefined),
  number: numberOf,
  bytes: (value) => sliceNode(value.document.bytes, value.node),
  embedded: embeddedIn,
  parse: (bytes) => readDocument(bytes),
};

/** The node with its members or items at hand; scans one level down when the first scan did not record them. */
function expanded(value: ByteValue): JsonNode {
  const { node, document } = value;
  return node.kind === 'object' || node.kind === 'array' ? expandNode(document.bytes, node) : node;
}

function memberOf(value: ByteValue, name: string): ByteValue | undefined {
  if (value.node.kind !== 'object') return undefined;
  const member = lastMember(expanded(value), name);
  return member && { document: value.document, node: member.value };
}

function numberOf(value: ByteValue): number | undefined {
  if (value.node.kind !== 'number') return undefined;
  const { bytes } = value.document;
  return Number(
    Buffer.from(bytes.buffer, bytes.byteOffset + value.node.start, value.node.end - value.node.start).toString(
      'latin1',
    ),
  );
}

function embeddedIn(value: ByteValue): ByteValue | undefined {
  if (value.node.kind !== 'string') return undefined;
  try {
    const bytes = openEmbedded(value.document.bytes, value.node);
    return { document: { bytes, carrier: value }, node: scanJson(bytes, BAG_SHAPE) };
  } catch (error) {
    // Text that is no JSON is an ordinary string; the caller asked whether it is more than that.
    if (error instanceof StateBagError) return undefined;
    throw error;
  }
}

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
