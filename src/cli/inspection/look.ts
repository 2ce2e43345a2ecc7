import type { ByteValue } from '../../bag/value.js';
import type { Bag, BagDocument } from '../../bag/bag.js';
import { detectHazards, inlineBytes } from '../../bag/hazards.js';
import type { Hazard } from '../../bag/hazards.js';

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
 * Never throws. `seen` is absent for text that is not JSON: then nothing can be said. `planned` has the hazards that a
 * plan found.
 */
export function lookAt(
  bytes: Uint8Array,
  seen: BagDocument<ByteValue> | undefined,
  planned: readonly Hazard[] = [],
): Look {
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
