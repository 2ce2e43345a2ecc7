import { join } from 'node:path';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { FleetOptions } from '../../examples/fleet/fleet.js';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';

/**
 * Small bags in `DIR/bags` (or `DIR/bags.ndjson`), with what they point to in `DIR/store`. Defaults to one bag of every
 * kind.
 */
export function putFleet(dir: string, options: Partial<FleetOptions> = {}, form: 'files' | 'ndjson' = 'files'): void {
  const mixed = options.variant === undefined ? { mix: USUAL_MIX, bags: USUAL_MIX.length } : {};
  const fleet = makeFleet({ seed: 7, bags: 6, workflows: 3, size: 'small', ...mixed, ...options });
  writeFleet(form === 'files' ? join(dir, 'bags') : dir, fleet, { form, storeDir: join(dir, 'store') });
}

/** A whole old bag in few bytes. */
export function smallBag(members: Readonly<Record<string, unknown>> = {}): string {
  const segment = {
    id: 0,
    type: 'normal',
    nodes: [{ id: 'a', type: 'operator' }],
    edges: [],
    next_mode: 'end',
    default_next: null,
  };
  return JSON.stringify({
    ownerId: 'owner-1',
    workflowId: 'wf-1',
    idempotency_key: 'owner-1#auto#wf-1#00',
    segment_to_run: 0,
    total_segments: 1,
    loop_counter: 0,
    max_loop_iterations: 10,
    distributed_strategy: 'SAFE',
    max_concurrency: 1,
    start_time: 1769760000,
    llm_segments: 0,
    hitp_segments: 0,
    current_state: { n: 1.0 },
    workflow_config: { id: 'wf-1', nodes: [{ id: 'a', type: 'operator' }], edges: [] },
    partition_map: [segment],
    ...members,
  });
}
