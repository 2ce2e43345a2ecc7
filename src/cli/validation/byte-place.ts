import type { ByteValue } from '../../bag/value.js';
import { expandNode, lastMember } from '../../json/index.js';
import type { JsonNode } from '../../json/index.js';

/**
 * Offset of what a JSON pointer (RFC 6901) names inside a document: the key of a member, the start of an element. A
 * part of the way that is not there ends at the last one that is. Inside a JSON string that carries a document, the
 * string is the place.
 */
export function offsetOf({ document: { bytes }, node }: ByteValue, pointer: string): number {
  let at: Step = { node, offset: node.start };
  for (const token of pointer.split('/').slice(1)) {
    const next = step(bytes, at.node, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (!next) break;
    at = next;
  }
  return at.offset;
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
