import { BagDocument } from '../bag/bag.js';
import type { Bag } from '../bag/bag.js';
import { nameOneOwner } from '../bag/envelope.js';
import { ObjectValue } from '../bag/value.js';
import { isMembers, rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { replaceAt } from './place.js';

/**
 * A result in which `state_data` inside `state_data` (`bag` inside `bag`) is one again. Two layers that both wrapped
 * leave an outer one with nothing else in it: it goes. A merge that nests the return value of a step inside the bag
 * leaves two whole bags, the outer complete, the inner newer: they become one, in which the inner one's members win.
 * Anything else that nests stays as it is.
 */
export function unwrapResult(result: JsonMembers): JsonMembers {
  const { bags } = new BagDocument(new ObjectValue(result));
  const [bag] = bags;
  const name = bag?.path.at(-1);
  if (bag === undefined || name === undefined) return result;
  const outerPath = bag.path.slice(0, -1);
  const outer = valueAt(result, outerPath);
  if (outer === undefined || typeof outer[name] === 'string') return result;
  if (isMergedInto(bags, bag, outerPath)) return unwrapResult(replaceAt(result, outerPath, joinBags(outer, bag, name)));
  const isBareWrapper = outerPath.at(-1) === name && Object.keys(outer).length === 1;
  return isBareWrapper ? unwrapResult(replaceAt(result, outerPath, rawMembers(bag))) : result;
}

/** True when the level around a bag is an earlier bag of the same workflow, into which a merge put it. */
export function isMergedInto(bags: readonly Bag[], bag: Bag, outerPath: readonly string[]): boolean {
  if (bag.path.at(-1) !== 'state_data' || outerPath.at(-1) !== 'state_data') return false;
  const outer = bags.find((other) => other.path.join('\n') === outerPath.join('\n'));
  return outer !== undefined && nameOneOwner(outer.value, bag.value);
}

function joinBags(outer: JsonMembers, bag: Bag<ObjectValue>, name: string): JsonMembers {
  const kept = Object.entries(outer).filter(([member]) => member !== name);
  return { ...Object.fromEntries(kept), ...rawMembers(bag) };
}

function valueAt(root: JsonMembers, path: readonly string[]): JsonMembers | undefined {
  let value: unknown = root;
  for (const name of path) value = isMembers(value) ? value[name] : undefined;
  return isMembers(value) ? value : undefined;
}
