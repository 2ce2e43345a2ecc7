import { bridgePointer } from '../src/bag/bridge-pointer.js';
import { RawJson } from '../src/bag/document.js';
import type { BagDocument } from '../src/bag/document.js';
import { CONFIG, MAP } from '../src/bag/members.js';
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

function bridge(bag: BagDocument, name: string, claim: Claim | undefined, createdAt: number): void {
  if (claim && bag.has(name)) bag.replace(name, [{ name, value: bridgePointer(name, claim, createdAt) }]);
}
