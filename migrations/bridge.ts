import { RawJson } from '../src/bag/edit.js';
import type { BagEdit } from '../src/bag/edit.js';
import { CONFIG, CONFIG_PATH, MANIFEST, MANIFEST_ALIAS, MANIFEST_PATH, MAP, MAP_PATH } from '../src/bag/members.js';
import { bridgePointer } from '../src/bag/migration.js';
import type { Claim, Migration } from '../src/bag/migration.js';

/**
 * After: the old names stay and hold pointers that the legacy hydrator follows by itself. For readers that are not
 * wrapped yet; the task-token resume path accepts nothing else.
 */
export const bridgePointers: Migration = {
  id: '0007-bridge-pointers',
  description: 'put legacy-readable pointers under the old names',
  up: (bag, { claims, createdAt }) => {
    bridge(bag, CONFIG, claims.config, createdAt);
    bridge(bag, MAP, claims.map, createdAt);
  },
  down: (bag, { config, map }) => {
    if (config && bag.has(CONFIG)) bag.replace(CONFIG, [{ name: CONFIG, value: new RawJson(config) }]);
    if (map && bag.has(MAP)) bag.replace(MAP, [{ name: MAP, value: new RawJson(map) }]);
  },
};

function bridge(bag: BagEdit, name: string, claim: Claim | undefined, createdAt: number): void {
  if (claim && bag.has(name)) bag.replace(name, [{ name, value: bridgePointer(name, claim, createdAt) }]);
}

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

function rehome(bag: BagEdit, path: string, claim: Claim | undefined): void {
  const text = bag.text(path) ?? '';
  if (claim && text !== '' && text !== claim.uri) bag.replace(path, [{ name: path, value: claim.uri }]);
}
