import type { ByteValue } from '../byte-reader.js';
import { BagError } from '../../errors.js';
import { decodeString, expandNode, toPlainValue } from '../../json/index.js';
import type { JsonNode } from '../../json/index.js';

/**
 * A value as a schema sees it. Python's `NaN` and infinities become the numbers they are, which `JSON.parse` refuses.
 */
export function plainValue({ document: { bytes }, node }: ByteValue): unknown {
  try {
    return toPlainValue(bytes, node);
  } catch (error) {
    if (error instanceof BagError && error.code === 'JSON_NONFINITE') return walk(bytes, node);
    throw error;
  }
}

function walk(bytes: Uint8Array, node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(
        (expandNode(bytes, node).members ?? []).map(({ name, value }) => [name, walk(bytes, value)]),
      );
    case 'array':
      return (expandNode(bytes, node).items ?? []).map((item) => walk(bytes, item));
    case 'string':
      return decodeString(bytes, node);
    case 'nonfinite':
      return Number(Buffer.from(bytes.subarray(node.start, node.end)).toString('latin1'));
    default:
      return toPlainValue(bytes, node);
  }
}
