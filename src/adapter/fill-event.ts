import { assertOwned } from '../bag/bag.js';
import type { Detection } from '../bag/bag.js';
import { objectReader } from '../bag/reader.js';
import type { Work } from './engine.js';
import { fillBag } from './fill-bag.js';
import type { JsonMembers } from './json-members.js';
import { replaceAt } from './place.js';
import { restoreMembers } from './stored-members.js';

/**
 * The event with everything inline again that the shim or a legacy writer took out of its bags. Throws what following a
 * pointer throws, and `OWNER_MISMATCH`.
 */
export async function fillEvent(event: JsonMembers, detection: Detection<unknown>, work: Work): Promise<JsonMembers> {
  assertOwned(objectReader, detection);
  let filled = event;
  for (const site of detection.sites.toReversed()) {
    const bag = await restoreMembers(await fillBag(site.value as JsonMembers, work), work);
    if (bag !== site.value) filled = replaceAt(filled, site.path, bag);
  }
  return filled;
}
