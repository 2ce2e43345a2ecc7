import { CONFIG_PATH, MANIFEST_PATH, MAP_PATH } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';
import { emptyToNull } from './place-path.js';

/**
 * After: `segment_manifest_s3_path` names the manifest made from this bag's own map. `down` leaves the path: fat bags
 * carry one too, and this one can not be overwritten by another run.
 */
export const pointSegmentManifest: Migration = {
  id: '0004-point-segment-manifest',
  description: 'point segment_manifest_s3_path at the manifest of this very map',
  up: (bag, { claims }) => {
    if (!claims.manifest) {
      emptyToNull(bag, MANIFEST_PATH);
      return;
    }
    const path = { name: MANIFEST_PATH, value: claims.manifest.uri };
    if (!bag.has(MANIFEST_PATH)) bag.insert(path, [MAP_PATH, CONFIG_PATH]);
    else if (bag.text(MANIFEST_PATH) !== path.value) bag.replace(MANIFEST_PATH, [path]);
  },
  down: () => undefined,
};
