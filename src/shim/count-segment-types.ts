import { listEntries } from '../bag/segments.js';
import { ObjectValue } from '../bag/value.js';
import { isMembers } from './json-members.js';

export interface SegmentTypeCounts {
  /** Segments of the top list, at least 1. */
  readonly total_segments: number;
  /** Segments of type `llm`, those inside branches included. */
  readonly llm_segments: number;
  readonly hitp_segments: number;
}

/** The counts that a bag reports of its map, whoever made the map. Throws `BagError` `MAP_*` for what is no map. */
export function countSegmentTypes(map: unknown): SegmentTypeCounts {
  const entries = listEntries(new ObjectValue(map));
  const types = entries.flatMap(({ raw }) => typesIn(raw));
  const count = (type: string) => types.filter((other) => other === type).length;
  return { total_segments: Math.max(1, entries.length), llm_segments: count('llm'), hitp_segments: count('hitp') };
}

function typesIn(entry: unknown): readonly unknown[] {
  if (!isMembers(entry)) return [];
  const segment = isMembers(entry.segment_config) ? entry.segment_config : entry;
  const branches: readonly unknown[] = Array.isArray(segment.branches) ? segment.branches : [];
  // `branches` of a conditional segment are ways out and hold no map.
  const maps = branches.flatMap((branch): readonly unknown[] =>
    isMembers(branch) && Array.isArray(branch.partition_map) ? (branch.partition_map as unknown[]) : [],
  );
  return [segment.type, ...maps.flatMap(typesIn)];
}
