import { MANIFEST } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';

/**
 * After: an inline `segment_manifest` that repeats the map is a list of pointers. It stays whole when a BATCHED or
 * MAP_REDUCE Map state is still to read `segment_config` from it, or when it says more than the map. `down` leaves the
 * pointers, which the machines that read the list inline never meet.
 */
export const shrinkSegmentManifest: Migration = {
  id: '0005-shrink-segment-manifest',
  description: 'shrink an inline segment_manifest to its list of pointers',
  up: (bag, { manifestPointers }) => {
    if (manifestPointers && bag.has(MANIFEST)) bag.replace(MANIFEST, [{ name: MANIFEST, value: manifestPointers }]);
  },
  down: () => undefined,
};
