import { makeInput } from '../bag-facts.js';
import type { BagFacts } from '../bag-facts.js';
import { pad } from '../filler.js';
import { omit, Shared } from '../json-value.js';
import type { JsonObject } from '../json-value.js';
import { manifestEntries } from '../manifest.js';
import { s3Uri, storedObject } from '../objects.js';
import { makePartitionMap } from '../partition-map.js';
import { compactSize } from '../serialise.js';
import type { Workflow } from '../workflow.js';
import { alone } from './variant.js';
import type { Variant } from './variant.js';

/** Map and manifest of a workflow in January's form. */
interface JanuaryProgram {
  readonly map: Shared;
  readonly manifest: Shared;
}

const programs = new WeakMap<Workflow, JanuaryProgram>();

/**
 * 18 January: everything inline at the root, the manifest too; offloaded values would have left a path where `""`
 * stands.
 */
export const flatJan18: Variant = (facts) => {
  const control = omit(januaryControl(facts), 'distributed_strategy');
  const head = {
    workflow_config: facts.workflow.config,
    current_state: facts.state,
    input: paddedInput(facts),
    state_s3_path: '',
  };
  return alone({ ...head, ...januaryProgram(facts), ...control });
};

/** 29 January: config and state in objects, a summary of the config inline, map and manifest still inline. */
export const lightJan29: Variant = (facts) => {
  const folder = `workflow-states/${facts.ownerId}/${facts.workflow.workflowId}`;
  const config = storedObject(facts.bucket, `${folder}/workflow_config_${facts.startTime}.json`, facts.workflow.config);
  const state = storedObject(facts.bucket, `${folder}/current_state_${facts.startTime}.json`, facts.state);
  const head = {
    light_config: lightConfig(facts),
    workflow_config_s3_path: s3Uri(config),
    state_s3_path: s3Uri(state),
  };
  const document = { ...head, input: paddedInput(facts), ...januaryProgram(facts), ...januaryControl(facts) };
  return { document, objects: [config, state] };
};

function januaryProgram(facts: BagFacts): JsonObject {
  const { map, manifest } = programOf(facts.workflow);
  return {
    state_history: [],
    ownerId: facts.ownerId,
    workflowId: facts.workflow.workflowId,
    segment_to_run: facts.segmentToRun,
    idempotency_key: facts.idempotencyKey,
    quota_reservation_id: facts.quotaReservationId,
    total_segments: facts.workflow.entries.length,
    partition_map: map,
    partition_map_s3_path: '',
    segment_manifest: manifest,
    segment_manifest_s3_path: '',
  };
}

function januaryControl(facts: BagFacts): JsonObject {
  return {
    state_durations: {},
    last_update_time: facts.startTime,
    start_time: facts.startTime,
    loop_counter: facts.segmentToRun,
    llm_segments: facts.workflow.llmSegments,
    hitp_segments: facts.workflow.hitpSegments,
    distributed_mode: false,
    max_concurrency: 2,
    distributed_strategy: 'SAFE',
    MOCK_MODE: 'false',
    max_loop_iterations: 100,
    max_branch_iterations: 100,
  };
}

function lightConfig(facts: BagFacts): JsonObject {
  const { workflow } = facts;
  return {
    workflow_id: workflow.workflowId,
    execution_mode: 'SEQUENTIAL',
    node_count: ((workflow.config.value as JsonObject).nodes as JsonObject[]).length,
    distributed_mode: false,
    distributed_strategy: 'SAFE',
    llm_segments: workflow.llmSegments,
    hitp_segments: workflow.hitpSegments,
    max_concurrency: 2,
  };
}

/** About 1,000 bytes of control plane stand beside the input. */
function paddedInput(facts: BagFacts): JsonObject {
  const input = makeInput(facts);
  pad(facts.random, input.initial_state as JsonObject, 'control_note', facts.controlBytes - compactSize(input) - 1000);
  return input;
}

function programOf(workflow: Workflow): JanuaryProgram {
  let program = programs.get(workflow);
  if (!program) {
    const entries = makePartitionMap(workflow, { outgoingEdges: false });
    program = { map: new Shared(entries), manifest: new Shared(manifestEntries(entries)) };
    programs.set(workflow, program);
  }
  return program;
}
