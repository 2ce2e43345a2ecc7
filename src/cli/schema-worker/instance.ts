import * as Instance from '@hyperjump/json-schema/instance/experimental';
import type { JsonNode } from '@hyperjump/json-schema/instance/experimental';
import type { ByteValue } from '../../bag/value.js';
import { plainValue } from '../../validate/document-issues.js';
import { Decimal } from '../../json/index.js';

/** A document as the validator sees it, and the value it is made from. */
export interface Subject {
  readonly node: JsonNode;
  readonly value: unknown;
}

/** Numbers that a double does not keep. */
const spellings = new WeakMap<JsonNode, string>();

/** What a number must have to be other than its double: 16 digits, or an exponent. */
const LONG_NUMBER = /\d[\d.]{15}|\d[eE]/;

export function createSubject(root: ByteValue): Subject {
  const value = plainValue(root);
  const node = Instance.fromJs(value as Parameters<typeof Instance.fromJs>[0]);
  if (LONG_NUMBER.test(Buffer.from(root.bytes()).toString('latin1'))) noteSpellings(root, node);
  return { node, value };
}

function noteSpellings(source: ByteValue, node: JsonNode): void {
  if (node.type === 'array') {
    for (const [index, item] of source.items().entries()) noteSpellings(item, node.children[index]!);
  } else if (node.type === 'object') {
    for (const [key, child] of Instance.entries(node)) noteSpellings(source.member(Instance.value(key))!, child);
  } else if (node.type === 'number') {
    const spelling = Buffer.from(source.bytes()).toString('latin1');
    if (Decimal.parse(spelling)?.isDouble() !== true) spellings.set(node, spelling);
  }
}

/** A number of a document as it is written; `undefined` for what is not a number of JSON. */
export function decimalAt(node: JsonNode): Decimal | undefined {
  return Decimal.parse(spellings.get(node) ?? String(Instance.value<number>(node)));
}

/** One text for all spellings of a value: equal values of JSON Schema have equal texts. */
export function canonicalText(node: JsonNode): string {
  switch (node.type) {
    case 'object': {
      const members = Array.from(
        Instance.entries(node),
        ([key, child]) => [Instance.value<string>(key), child] as const,
      );
      members.sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([name, child]) => `${JSON.stringify(name)}:${canonicalText(child)}`).join(',')}}`;
    }
    case 'array':
      return `[${node.children.map(canonicalText).join(',')}]`;
    case 'number': {
      const decimal = decimalAt(node);
      return decimal?.canonical() ?? String(Instance.value(node));
    }
    default:
      return JSON.stringify(Instance.value(node));
  }
}

/** The same text of a value of a schema. */
export function canonicalTextOfValue(value: unknown): string {
  return canonicalText(Instance.fromJs(value as Parameters<typeof Instance.fromJs>[0]));
}
