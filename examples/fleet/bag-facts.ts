import type { JsonObject } from './json-value.js';
import type { Random } from './random.js';
import { makeState } from './state.js';
import { makeWorkflow } from './workflow.js';
import type { Workflow } from './workflow.js';
import type { BagSize } from './sizes.js';
import { SMALL } from './sizes.js';

/** Everything an execution knows about itself; each era lays it out in its own way. */
export interface BagFacts {
  readonly random: Random;
  readonly workflow: Workflow;
  readonly ownerId: string;
  /** `{owner}#auto#{workflow}#{hash16}`: the number signs end up in object keys. */
  readonly idempotencyKey: string;
  readonly quotaReservationId: string;
  /** Seconds since 1970. */
  readonly startTime: number;
  readonly segmentToRun: number;
  readonly state: JsonObject;
  readonly bucket: string;
  readonly controlBytes: number;
}

export interface BagOptions extends Partial<BagSize> {
  readonly random: Random;
  /** Default: one made to `configBytes`, `mapBytes`, `segments` and `nodes`. */
  readonly workflow?: Workflow;
  readonly ownerId?: string;
  /** Where the bag's object paths point. Default `local`. */
  readonly bucket?: string;
  readonly startTime?: number;
  /** Default: any. */
  readonly segmentToRun?: number;
}

/** 30 January 2026, 08:00 UTC: the days when bags like these were written. */
const EPOCH = 1769760000;

export function drawFacts(options: BagOptions): BagFacts {
  const { random } = options;
  const workflow = options.workflow ?? makeWorkflow({ ...SMALL, ...options, workflowId: `wf-${random.hex(6)}` });
  const ownerId = options.ownerId ?? `owner-${random.hex(4)}`;
  return {
    random,
    workflow,
    ownerId,
    idempotencyKey: `${ownerId}#auto#${workflow.workflowId}#${random.hex(16)}`,
    quotaReservationId: `${ownerId}#${workflow.workflowId}#${random.hex(8)}`,
    startTime: options.startTime ?? EPOCH + random.below(86400),
    segmentToRun: options.segmentToRun ?? random.below(workflow.entries.length),
    state: makeState(random, options.stateBytes ?? SMALL.stateBytes),
    bucket: options.bucket ?? 'local',
    controlBytes: options.controlBytes ?? SMALL.controlBytes,
  };
}

/** The request that started the execution, as the bag repeats it. */
export function makeInput(facts: BagFacts): JsonObject {
  return {
    workflowId: facts.workflow.workflowId,
    ownerId: facts.ownerId,
    user_id: facts.ownerId,
    MOCK_MODE: 'false',
    idempotency_key: facts.idempotencyKey,
    quota_reservation_id: facts.quotaReservationId,
    initial_state: {},
  };
}
