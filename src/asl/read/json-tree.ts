import { BagError } from '../../errors/index.js';
import { decodeString, EVERYTHING, scanJson, sliceNode } from '../../json/index.js';
import type { JsonNode } from '../../json/index.js';
import type { AslMember, AslNode } from './node.js';
import { maskPlaceholders } from './placeholders.js';
import type { MaskedJson } from './placeholders.js';

/** Levels a definition may nest: far more than the service takes, far less than a stack. */
export const MAX_LEVELS = 256;

/**
 * Placeholders without quotes are values that are not known: `"TimeoutSeconds": ${Timeout}`. Throws what `scanJson`
 * throws.
 */
export function parseJsonTree(bytes: Uint8Array): AslNode {
  try {
    return withTexts({ bytes, holes: NONE, fragments: NONE }, scan(bytes));
  } catch (error) {
    if (!(error instanceof BagError) || error.code !== 'JSON_SYNTAX' || !Buffer.from(bytes).includes('${')) throw error;
    const masked = maskPlaceholders(bytes);
    return withTexts(masked, scan(masked.bytes));
  }
}

const NONE: ReadonlySet<number> = new Set();

function scan(bytes: Uint8Array): JsonNode {
  return scanJson(bytes, EVERYTHING, { maxDepth: MAX_LEVELS });
}

function withTexts(masked: MaskedJson, node: JsonNode): AslNode {
  const { bytes, holes, fragments } = masked;
  const { kind, start, end, members, items } = node;
  if (holes.has(start)) return { kind: 'string', start, end };
  if (kind === 'string') return { kind, start, end, text: decodeString(bytes, node), spelling: 'json' };
  if (kind === 'number') return { kind, start, end, number: Buffer.from(sliceNode(bytes, node)).toString() };
  if (members) {
    const named = members.map((member): AslMember => {
      const name = fragments.has(member.keyStart) ? '${}' : member.name;
      return { ...member, name, value: withTexts(masked, member.value) };
    });
    return { kind, start, end, members: named };
  }
  return items ? { kind, start, end, items: items.map((item) => withTexts(masked, item)) } : { kind, start, end };
}
