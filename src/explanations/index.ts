import { BAGS } from './bags.js';
import { CONFLICTS } from './conflicts.js';
import { EVENTS } from './events.js';
import type { Code, Explanation, Section } from './explanation.js';
import { POINTERS } from './pointers.js';
import { RESUMING, ROWS } from './rows.js';
import { RUNS } from './runs.js';
import { GATES, HAZARDS, REPLAY } from './states.js';
import { PLACES } from './stores.js';
import { DEFECTS, FLEET, MACHINES, RUNTIME } from './tools.js';

/*
 * What every code means and what to do about it. It is text for the command line and for `docs/errors.md`; a wrapped
 * handler never loads it. Class and retryability are in `src/errors/codes.ts`.
 */

export type { Code, Explanation, Section } from './explanation.js';

/** In the order of `docs/errors.md`. */
export const SECTIONS: readonly Section[] = [
  BAGS,
  POINTERS,
  EVENTS,
  CONFLICTS,
  ROWS,
  RESUMING,
  PLACES,
  RUNS,
  FLEET,
  MACHINES,
  RUNTIME,
  GATES,
  REPLAY,
  HAZARDS,
  DEFECTS,
];

/** A code without an entry is a type error here. */
const EXPLANATIONS: Readonly<Record<Code, Explanation>> = {
  ...BAGS.codes,
  ...POINTERS.codes,
  ...EVENTS.codes,
  ...CONFLICTS.codes,
  ...ROWS.codes,
  ...RESUMING.codes,
  ...PLACES.codes,
  ...RUNS.codes,
  ...FLEET.codes,
  ...MACHINES.codes,
  ...RUNTIME.codes,
  ...GATES.codes,
  ...REPLAY.codes,
  ...HAZARDS.codes,
  ...DEFECTS.codes,
};

/** Every code that has an explanation. */
export const EXPLAINED = Object.keys(EXPLANATIONS) as readonly Code[];

/**
 * What a code means and what to do about it; `undefined` for a code that is not one of this package.
 *
 * @example
 *     explain('STORE_FULL')?.advice; // 'Free space, and run again.'
 */
export function explain(code: string): Explanation | undefined {
  return Object.hasOwn(EXPLANATIONS, code) ? EXPLANATIONS[code as Code] : undefined;
}
