import type { SchemaFault } from '../../../schemas/compiled-validator.js';
import type { Place } from './place.js';

/** A better sentence, a hint, or both, for a fault whose meaning is known. */
export interface Advice {
  readonly message?: string;
  readonly hint?: string;
}

/** Knows what a fault of one schema means. `member` is the member at fault, missing ones included. */
export type Adviser = (fault: SchemaFault, place: Place, member: string | undefined) => Advice;

export const NO_ADVICE: Adviser = () => ({});
