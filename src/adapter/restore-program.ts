import { ObjectValue } from '../bag/value.js';
import { listLostMembers } from '../bag/lost-members.js';
import type { AddressRule } from '../bag/places.js';
import type { JsonMembers } from './json-members.js';

/**
 * A returned bag with what leads to its program put back from the bag that its event had; the same object when nothing
 * is missing.
 */
export function restoreProgram(bag: JsonMembers, before: JsonMembers, addresses: AddressRule): JsonMembers {
  const names = listLostMembers(new ObjectValue(bag), new ObjectValue(before), addresses);
  return names.length === 0 ? bag : { ...bag, ...Object.fromEntries(names.map((name) => [name, before[name]])) };
}
