import type { RunEntry } from './entries.js';

/** What a rollback was told to take of its journal, as the `options` of its run keep it. */
export interface KeptAim {
  /** Absolute. */
  readonly sources?: readonly string[];
  /** Whole id of a run. */
  readonly run?: string;
  readonly where?: readonly (readonly [member: string, value: string])[];
  readonly limit?: number;
}

/** `undefined` for a rollback of everything, and for a migration. */
export function readAim({ options }: Pick<RunEntry, 'options'>): KeptAim | undefined {
  return (options as { readonly aim?: KeptAim }).aim;
}

/** True for two rollbacks that take the same: the later one makes up for the earlier one. */
export function isSameAim(one: KeptAim | undefined, other: KeptAim | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
