import type { BagDocument } from '../src/bag/document.js';
import { CONFIG_PATH, MANIFEST, MANIFEST_ALIAS, MANIFEST_PATH, MAP_PATH } from '../src/bag/members.js';
import type { Claim, Migration } from '../src/bag/migration.js';

/**
 * After: a path that led to a key which another run overwrites leads to a content address. Paths that say nothing stay.
 * `down` leaves the paths: fat bags carry them too, and these keep their bytes.
 */
export const rehomePaths: Migration = {
  id: '0008-rehome-paths',
  description: 'point paths at content addresses',
  up: (bag, { claims, manifestPointers, manifestAlias }) => {
    if (manifestAlias !== undefined) bag.replace(MANIFEST_ALIAS, [{ name: MANIFEST_ALIAS, value: manifestAlias }]);
    rehome(bag, CONFIG_PATH, claims.config);
    rehome(bag, MAP_PATH, claims.map);
    rehome(bag, MANIFEST_PATH, claims.manifest);
    if (manifestPointers && bag.has(MANIFEST)) bag.replace(MANIFEST, [{ name: MANIFEST, value: manifestPointers }]);
  },
  down: () => undefined,
};

function rehome(bag: BagDocument, path: string, claim: Claim | undefined): void {
  const text = bag.text(path) ?? '';
  if (claim && text !== '' && text !== claim.uri) bag.replace(path, [{ name: path, value: claim.uri }]);
}
