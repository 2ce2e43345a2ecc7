import { CONFIG_PATH, MANIFEST_ALIAS, MANIFEST_PATH, MAP_PATH } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';
import { emptyToNull } from './place-path.js';

/**
 * After: `segment_manifest_s3_path` names the manifest made from this bag's own map, and so does a `manifest_s3_path`
 * that led to a key which another run overwrites. `down` leaves the path: fat bags
 * carry one too, and this one can not be overwritten by another run.
 */
export const pointSegmentManifest: Migration = {
  id: '0004-point-segment-manifest',
  description: 'point segment_manifest_s3_path at the manifest of this very map',
  up: (bag, { claims, manifestAlias }) => {
    if (manifestAlias !== undefined) bag.replace(MANIFEST_ALIAS, [{ name: MANIFEST_ALIAS, value: manifestAlias }]);
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
