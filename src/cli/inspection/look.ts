import type { ByteValue } from '../../bag/value.js';
import type { Bag, BagDocument } from '../../bag/bag.js';
import { detectHazards, inlineBytes } from '../../bag/hazards.js';
import type { Hazard } from '../../bag/hazards.js';
import { readBagDocument } from '../../batch/document-facts.js';

/** What can be seen of a document without following anything. */
export interface Look {
  /**
   * Member names from the root to the bag, such as `state_data.bag`; empty when the document is the bag; null when
   * there is none.
   */
  readonly envelope: string | null;
  /** Bytes of JSON that stand inline under the two old names. */
  readonly bytesInline: number;
  readonly hazards: readonly Hazard[];
  /** Dialects of the pointers in its bags, each once. */
  readonly dialects: readonly string[];
}

const NOTHING: Look = { envelope: null, bytesInline: 0, hazards: [], dialects: [] };

/**
 * Never throws: what is not JSON has nothing to be seen. `bagDocument` spares a second reading; `planned`
 * is what a plan found besides.
 */
export function lookAt(
  bytes: Uint8Array,
  bagDocument: BagDocument<ByteValue> | undefined,
  planned: readonly Hazard[] = [],
): Look {
  const seen = bagDocument ?? readBagDocument(bytes);
  const [innermost] = seen?.bags ?? [];
  if (!seen || !innermost) return NOTHING;
  return {
    envelope: innermost.path.join('.'),
    bytesInline: inlineBytes(seen),
    hazards: [...detectHazards(seen, bytes.length), ...planned],
    dialects: [...new Set(seen.bags.flatMap(dialectsOf))],
  };
}

function dialectsOf({ config, map, configPath, mapPath, manifestPath }: Bag<ByteValue>): readonly string[] {
  const fields = [config, map, configPath, mapPath, manifestPath];
  return fields.flatMap((field) => (field.state === 'pointer' ? [field.pointer.dialect] : []));
}
