import { decodeString, EVERYTHING, scanJson, sliceNode } from '../../json/index.js';
import type { JsonNode } from '../../json/index.js';
import type { AslNode } from './node.js';

/** Levels a definition may nest: far more than the service takes, far less than a stack. */
export const MAX_LEVELS = 256;

/** Throws what `scanJson` throws. */
export function parseJsonTree(bytes: Uint8Array): AslNode {
  return withTexts(bytes, scanJson(bytes, EVERYTHING, { maxDepth: MAX_LEVELS }));
}

function withTexts(bytes: Uint8Array, node: JsonNode): AslNode {
  const { kind, start, end, members, items } = node;
  if (kind === 'string') return { kind, start, end, text: decodeString(bytes, node), spelling: 'json' };
  if (kind === 'number') return { kind, start, end, number: Buffer.from(sliceNode(bytes, node)).toString() };
  if (members)
    return {
      kind,
      start,
      end,
      members: members.map((member) => ({ ...member, value: withTexts(bytes, member.value) })),
    };
  return items ? { kind, start, end, items: items.map((item) => withTexts(bytes, item)) } : { kind, start, end };
}
