import { decodeString, EVERYTHING, scanJson, sliceNode } from '../../json/index.js';
import type { JsonNode } from '../../json/index.js';
import { BagError } from '../../errors/index.js';
import type { Attribute } from '../table.js';

/** What a table keeps of a number, in digits. */
const MAX_DIGITS = 38;

/** An attribute from JSON text; numbers keep their digits. Throws `BagError` for what no table takes. */
export function parseAttribute(text: Uint8Array): Attribute {
  return attributeOf(text, scanJson(text, EVERYTHING));
}

function attributeOf(text: Uint8Array, node: JsonNode): Attribute {
  switch (node.kind) {
    case 'object':
      return { M: Object.fromEntries((node.members ?? []).map(({ name, value }) => [name, attributeOf(text, value)])) };
    case 'array':
      return { L: (node.items ?? []).map((item) => attributeOf(text, item)) };
    case 'string':
      return { S: decodeString(text, node) };
    case 'number':
      return { N: numberText(Buffer.from(sliceNode(text, node)).toString('latin1')) };
    case 'nonfinite':
      throw new BagError('NUMBER_NOT_STORABLE', 'NaN and Infinity are no numbers for a DynamoDB table');
    default:
      return node.kind === 'null' ? { NULL: true } : { BOOL: node.kind === 'true' };
  }
}

function numberText(token: string): string {
  const digits = token
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
  if (digits.length <= MAX_DIGITS) return token;
  throw new BagError(
    'NUMBER_NOT_STORABLE',
    `a number of ${digits.length} digits does not fit DynamoDB's ${MAX_DIGITS}`,
  );
}
