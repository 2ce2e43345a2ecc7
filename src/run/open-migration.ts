import type { IsIgnored } from '../sources/container-choice.js';
import type { OpenSource } from '../sources/open.js';
import type { OpenStore } from '../store/open.js';
import type { RunContext, RunPorts } from './context.js';
import type { Place } from './destination.js';
import type { DocumentOutcome } from './outcome.js';
import type { Plan, PlanDescription } from './plan.js';
import type { CompleteRequest } from './request.js';

export type MigratePorts = RunPorts<DocumentOutcome>;

/** A migration with everything at hand that it reads; nothing is written yet. */
export interface OpenMigration {
  readonly request: CompleteRequest;
  readonly context: RunContext;
  readonly store: OpenStore;
  readonly sources: readonly OpenSource[];
  /** Entries that are left out; `undefined` for none. */
  readonly isIgnored: IsIgnored | undefined;
  readonly place: Place;
  readonly plan: Plan | undefined;
  /** What journals and plans say of the work. */
  readonly description: PlanDescription;
}
