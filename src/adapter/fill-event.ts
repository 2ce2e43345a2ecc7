import type { BagDocument } from '../bag/bag.js';
import type { ObjectValue } from '../bag/value.js';
import type { Work } from './engine.js';
import { fillBag } from './fill-bag.js';
import { rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { replaceAt } from './place.js';
import { restoreMembers } from './stored-members.js';

/**
 * The event with everything inline again that the shim or a legacy writer took out of its bags. Throws what following a
 * pointer throws, and `OWNER_MISMATCH`.
 */
export async function fillEvent(
  event: JsonMembers,
  detection: BagDocument<ObjectValue>,
  work: Work,
): Promise<JsonMembers> {
  detection.assertOneOwner(...work.outside());
  let filled = event;
  for (const site of detection.bags.toReversed()) {
    const bag = await restoreMembers(await fillBag(rawMembers(site), site, work), site, work);
    if (bag !== site.value.raw) filled = replaceAt(filled, site.path, bag);
  }
  return filled;
}
