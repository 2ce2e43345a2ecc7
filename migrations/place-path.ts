import type { BagDocument } from '../src/bag/document.js';

/**
 * Puts a path where the value stood. A path that the bag already carries is corrected in place; a member without a
 * value (null, or no claim) goes without a successor, and a path `""`, which January's writers left for none, is null.
 */
export function placePath(bag: BagDocument, member: string, pathMember: string, uri: string | undefined): void {
  if (uri === undefined) {
    bag.remove(member);
    emptyToNull(bag, pathMember);
    return;
  }
  const path = { name: pathMember, value: uri };
  if (bag.has(pathMember)) {
    if (bag.text(pathMember) !== uri) bag.replace(pathMember, [path]);
    bag.remove(member);
  } else if (bag.has(member)) {
    bag.replace(member, [path]);
  } else {
    bag.insert(path, []);
  }
}

/** Null and not absent: January's state machines map these members one by one and fail on one that is missing. */
export function emptyToNull(bag: BagDocument, pathMember: string): void {
  if (bag.text(pathMember) === '') bag.replace(pathMember, [{ name: pathMember, value: null }]);
}
