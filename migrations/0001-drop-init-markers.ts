import { INIT_MARKERS } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';

/**
 * After: no `_is_init`, no `_status`. The initialiser leaks them into every bag, and a later merge that sees them
 * answers STARTED for ever. `down` leaves them out: no reader wants them; a byte-exact undo comes from the journal.
 */
export const dropInitMarkers: Migration = {
  id: '0001-drop-init-markers',
  description: 'take out _is_init and _status, which the initialiser leaks into every bag',
  up: (bag) => {
    for (const name of INIT_MARKERS) bag.remove(name);
  },
  down: () => undefined,
};
