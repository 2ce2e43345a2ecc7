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
  bagDocument: BagDocument<ObjectValue>,
  work: Work,
): Promise<JsonMembers> {
  bagDocument.assertOneOwner(...work.outside());
  let filled = event;
  for (const bag of bagDocument.bags.toReversed()) {
    const members = await restoreMembers(await fillBag(rawMembers(bag), bag, work), bag, work);
    if (members !== bag.value.raw) filled = replaceAt(filled, bag.path, members);
  }
  return filled;
}
