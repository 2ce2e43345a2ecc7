/* Values that keep the spelling of numbers, for the partitioner. */

import { BagError } from '../errors/index.js';
import type { JsonNode } from './node.js';
import { decodeString, sliceNode } from './members.js';
import { EVERYTHING, scanJson } from './scan.js';

/** A number whose spelling JavaScript would change: `1.0`, `1e+16`, integers above 2^53. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

/** Values are walked by recursion; a legacy reader gives up near this depth too. */
const MAX_EXACT_DEPTH = 1_000;

/**
 * Plain values from JSON text, for code that moves values about and looks into few: numbers that would lose their
 * spelling become `ExactNumber`. Throws `BagError`, with `JSON_NONFINITE` for Python's tokens.
 */
export function parseExact(bytes: Uint8Array): unknown {
  return toExactValue(bytes, scanJson(bytes, EVERYTHING, { maxDepth: MAX_EXACT_DEPTH }));
}

function toExactValue(bytes: Uint8Array, node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries((node.members ?? []).map((member) => [member.name, toExactValue(bytes, member.value)]));
    case 'array':
      return (node.items ?? []).map((item) => toExactValue(bytes, item));
    case 'string':
      return decodeString(bytes, node);
    case 'number':
      return toExactNumber(Buffer.from(sliceNode(bytes, node)).toString('latin1'));
    case 'nonfinite':
      throw new BagError('JSON_NONFINITE', 'a workflow with NaN or Infinity in it cannot be partitioned', {
        context: { offset: node.start },
      });
    default:
      return node.kind === 'null' ? null : node.kind === 'true';
  }
}

function toExactNumber(text: string): number | ExactNumber {
  const value = Number(text);
  return String(value) === text ? value : new ExactNumber(text);
}

/** JSON text of values from `parseExact`, compact, each number as it was spelled. */
export function formatExact(value: unknown): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(formatExact).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${formatExact(member)}`).join(',')}}`;
}
