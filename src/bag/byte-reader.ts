import { expandNode, lastMember, decodeString, openEmbedded, scanJson, sliceNode } from '../json/index.js';
import type { JsonNode, Shape } from '../json/index.js';
import { StateBagError } from '../errors.js';
import { BAG_SHAPE } from './bag-shape.js';
import type { ValueKind, ValueReader } from './value-reader.js';

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
