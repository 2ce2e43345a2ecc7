import type { Generation } from '../bag/bag.js';
import type { Outcome } from './outcome.js';

/** Version of the plan's wire format. Schema: `schemas/plan.v1.json`. */
export const PLAN_VERSION = 1;

export interface PlanHeader {
  readonly kind: 'plan';
  readonly v: typeof PLAN_VERSION;
  readonly at: string;
  readonly tool: string;
  readonly target: 'lean' | 'bridge';
  readonly store: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly sources: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface PlanDocument {
  readonly kind: 'document';
  readonly doc: string;
  readonly container: string;
  readonly generation: Generation | 'unknown';
  readonly outcome: Exclude<Outcome, 'not-started'>;
  /** Lower-case hex SHA-256 of the document the plan was made for. */
  readonly before: string;
  /** What applying the plan must make of it; absent when it is to stay. */
  readonly after?: string;
  readonly bytesBefore: number;
  readonly bytesAfter?: number;
  readonly version?: string;
  readonly blobs: readonly { readonly uri: string; readonly sha256: string; readonly bytes: number }[];
  readonly code?: string;
  readonly reason?: string;
}

/** Closes a plan: how many documents it has, and the SHA-256 of every byte before this line. */
export interface PlanSeal {
  readonly kind: 'seal';
  readonly documents: number;
  readonly sha256: string;
}

export type PlanEntry = PlanHeader | PlanDocument | PlanSeal;
