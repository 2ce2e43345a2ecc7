import type { BagEdit } from '../src/bag/edit.js';
import { INIT_MARKERS } from '../src/bag/members.js';

/**
 * Removes `_is_init` and `_status`. The initialiser leaks them into every bag, and a later merge that sees them answers
 * STARTED for ever. No `down` brings them back: no reader wants them, and a byte-exact undo comes from the journal.
 */
export function dropInitMarkers(bag: BagEdit): void {
  for (const name of INIT_MARKERS) bag.remove(name);
}
