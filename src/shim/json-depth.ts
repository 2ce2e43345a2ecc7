import { BagError } from '../errors.js';

/** Containers that may nest in a value the adapter walks. Python's own parser gives up near 1,000. */
export const MAX_WALK_DEPTH = 2000;

export function tooDeep(): BagError {
  return new BagError('JSON_TOO_DEEP', `a value is nested deeper than ${MAX_WALK_DEPTH} levels`);
}
