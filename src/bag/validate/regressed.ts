import { detectSite, holdsDigest } from '../detect.js';
import { isHollow } from '../entries.js';
import { objectReader } from '../object-reader.js';

/**
 * True for a bag that was lean and holds a program inline as well: a value next to its own path, or next to any path at
 * a content address, which only a migration writes. An old writer that merges into a lean bag leaves that, and may drop
 * the stamp. Old eras have one value inline and the path of the other; the bridge form keeps empty values inline.
 */
export function isRegressed(bag: object): boolean {
  const { config, map, configPath, mapPath, manifestPath } = detectSite(objectReader, { path: [], value: bag });
  const pairs = [
    [config, configPath],
    [map, mapPath],
  ] as const;
  if (pairs.some(([field, path]) => field.state === 'inline' && path.state === 'pointer')) return true;
  const isInline = pairs.some(([field]) => field.state === 'inline' && !isHollow(objectReader, field.value));
  return isInline && [configPath, mapPath, manifestPath].some(holdsDigest);
}
