import type { ByteValue } from '../../bag/value.js';
import { expandNode, lastMember } from '../../json/index.js';
import type { JsonNode } from '../../json/index.js';

/**
 * Offset of what a JSON pointer (RFC 6901) names inside a document: the key of a member, the start of an element. A
 * part of the way that is not there ends at the last one that is. Inside a JSON string that carries a document, the
 * string is the place.
 */
export function offsetOf(value: ByteValue, pointer: string): number {
  return walk(value, pointer).offset;
}

/** A number as it is spelled, at a JSON pointer; `undefined` for everything else. */
export function spelledNumber(value: ByteValue, pointer: string): string | undefined {
  const { node } = walk(value, pointer);
  const { bytes } = value.document;
  return node.kind === 'number' ? new TextDecoder().decode(bytes.subarray(node.start, node.end)) : undefined;
}

function walk({ document: { bytes }, node }: ByteValue, pointer: string): Step {
  let at: Step = { node, offset: node.start };
  for (const token of pointer.split('/').slice(1)) {
    const next = step(bytes, at.node, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (!next) break;
    at = next;
  }
  return at;
}

interface Step {
  readonly node: JsonNode;
  readonly offset: number;
}

function step(bytes: Uint8Array, node: JsonNode, token: string): Step | undefined {
  if (node.kind === 'array') {
    const item = expandNode(bytes, node).items?.[Number(token)];
    return item && { node: item, offset: item.start };
  }
  const member = node.kind === 'object' ? lastMember(expandNode(bytes, node), token) : undefined;
  return member && { node: member.value, offset: member.keyStart };
}
