import type { BagSite } from '../bag/detect.js';
import { assertUnmixed, assertUnmixedSites, POINTER_MARKER } from '../bag/mixed-pointer.js';
import { objectReader } from '../bag/object-reader.js';
import { jsonText } from './json-text.js';

/**
 * Refuses an event or a result in which data and a pointer were merged. A value without any pointer, the usual case, costs one walk over it. Throws
 * `PointerError` `POINTER_MIXED`, and `BagError` `NOT_JSON` for a value with a pointer that cannot be written as JSON.
 */
export function assertUnmixedObjects(root: unknown, sites: readonly BagSite<unknown>[]): void {
  assertUnmixedSites(sites);
  if (!mentionsPointer(root, new Set())) return;
  // The text that will be sent has no circles.
  assertUnmixed(objectReader, JSON.parse(jsonText(root)) as unknown, mayHoldPointer);
}

/** `seen` holds the containers met so far: a handler's answer may have circles. */
function mentionsPointer(value: unknown, seen: Set<object>): boolean {
  if (typeof value === 'string') return mentions(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  if (Array.isArray(value)) return value.some((item) => mentionsPointer(item, seen));
  return Object.entries(value).some(([name, member]) => name === POINTER_MARKER || mentionsPointer(member, seen));
}

function mayHoldPointer(value: unknown): boolean {
  return typeof value === 'string' ? mentions(value) : typeof value === 'object' && value !== null;
}

/** Text counts when it is JSON with a pointer in it. The first character spares the search in prose. */
function mentions(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first === 0x7b || first === 0x5b || first <= 0x20) && text.includes(POINTER_MARKER);
}
