import { LEAN_VERSION } from '../src/bag/detect.js';
import { VERSION } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';

/** After: `state_bag_version` is 2 and stands before what changed. Old readers pass it on unread. */
export const stampVersion: Migration = {
  id: '0006-stamp-version',
  description: 'stamp state_bag_version 2',
  up: (bag) => {
    if (bag.has(VERSION)) bag.replace(VERSION, [{ name: VERSION, value: LEAN_VERSION }]);
    else bag.insertFirst({ name: VERSION, value: LEAN_VERSION });
  },
  down: (bag) => {
    bag.remove(VERSION);
  },
};
