import type { JsonObject, JsonValue } from './json-value.js';

/** Entries as the legacy initialiser wrote them to its manifest: the index outside, the whole segment inside. */
export function manifestEntries(segments: readonly JsonObject[]): JsonObject[] {
  return segments.map((segment, index) => ({
    segment_id: index,
    segment_config: segment,
    execution_order: index,
    dependencies: [],
    type: typeOf(segment),
  }));
}

/** Entries of the manifest that belongs to a lean bag. */
export function leanManifestEntries(segments: readonly JsonObject[]): JsonObject[] {
  return segments.map((segment, index) => ({
    segment_id: index,
    segment_type: typeOf(segment),
    segment_config: segment,
    dependencies: [],
    execution_order: index,
    type: typeOf(segment),
  }));
}

function typeOf(segment: JsonObject): JsonValue {
  return segment.type ?? 'normal';
}
