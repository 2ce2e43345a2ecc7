import type { Difference, Item } from './compare.js';
import type { Files } from './world.js';

/** What is known of an input and of both outcomes, beside one difference. */
export interface Facts {
  readonly kind: string;
  readonly differences: readonly Difference[];
  readonly old: readonly Item[];
  readonly next: readonly Item[];
  /** Files and objects of the input by path; none for a library call. */
  readonly files: Files;
  /** The words of each step; none for a library call. */
  readonly steps: readonly (readonly string[])[];
  /** Codes that the new build names in this step (or call), or in one before it, and the old build does not. */
  newCodes(difference: Difference): ReadonlySet<string>;
  /** The same for the old build. */
  oldCodes(difference: Difference): ReadonlySet<string>;
}

/** Items of a library call belong to one step. */
export function stepOf(name: string): number {
  return Number(/^step (\d+)/.exec(name)?.[1] ?? 0);
}
