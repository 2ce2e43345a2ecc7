import { drawFacts, makeInput } from './bag-facts.js';
import type { BagFacts, BagOptions } from './bag-facts.js';
import { pad } from './filler.js';
import type { JsonObject } from './json-value.js';
import { compactSize } from './serialise.js';

/**
 * A bag of the last legacy release, members in its order, config and map inline. Sizes as asked, to the byte where they
 * can be.
 */
export function makeBag(options: BagOptions): JsonObject {
  return layOutBag(drawFacts(options));
}

/** The same from facts drawn before. */
export function layOutBag(facts: BagFacts): JsonObject {
  const input = makeInput(facts);
  const bag = { ...controlPlane(facts), ...payload(facts, input) };
  padControl(facts, bag, input);
  return bag;
}

function controlPlane(facts: BagFacts): JsonObject {
  const { workflow, ownerId } = facts;
  return {
    segment_to_run: facts.segmentToRun,
    loop_counter: facts.segmentToRun,
    state_history: [],
    max_loop_iterations: 100,
    max_branch_iterations: 100,
    distributed_mode: false,
    distributed_strategy: 'SAFE',
    max_concurrency: 1,
    idempotency_key: facts.idempotencyKey,
    workflowId: workflow.workflowId,
    quota_reservation_id: facts.quotaReservationId,
    MOCK_MODE: 'false',
    ownerId,
    total_segments: workflow.entries.length,
    hitp_segments: workflow.hitpSegments,
    llm_segments: workflow.llmSegments,
    segment_manifest_s3_path: `s3://${facts.bucket}/workflow-manifests/${ownerId}/${workflow.workflowId}/segment_manifest.json`,
  };
}

function payload(facts: BagFacts, input: JsonObject): JsonObject {
  return {
    current_state: facts.state,
    state_durations: {},
    last_update_time: isoMicroseconds(facts),
    workflow_config: facts.workflow.config,
    start_time: facts.startTime,
    partition_map: facts.workflow.map,
    input,
    _is_init: true,
    _status: facts.segmentToRun === 0 ? 'STARTED' : 'CONTINUE',
    payload_size_kb: Math.floor(compactSize([facts.workflow.config, facts.workflow.map]) / 1024),
  };
}

/**
 * Fills `input`, the one large thing of the control plane, until all but config, map and state takes `controlBytes`.
 */
function padControl(facts: BagFacts, bag: JsonObject, input: JsonObject): void {
  const size = compactSize({ ...bag, workflow_config: 0, partition_map: 0, current_state: 0 }) - 3;
  pad(facts.random, input.initial_state as JsonObject, 'control_note', facts.controlBytes - size);
}

/** As Python prints it: microseconds and a numeric zone. */
function isoMicroseconds(facts: BagFacts): string {
  const seconds = new Date(facts.startTime * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(facts.random.below(1e6)).padStart(6, '0')}+00:00`;
}
