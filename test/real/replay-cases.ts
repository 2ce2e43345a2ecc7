import { createHash } from 'node:crypto';
import { partitionWorkflow } from 'statebag-shim';
import type { ObjectStore } from '../../src/store/object-store.js';

/*
 * Executions of an engine for a replay: every form of a bag in every shape of a state machine, and events for which the
 * old runner and the shim do not run the same program.
 */

type Json = Readonly<Record<string, unknown>>;

export interface Place {
  readonly objects: Pick<ObjectStore, 'put'>;
  readonly bucket: string;
}

/** Three to eight nodes in a row; every second one calls a model, so that it is cut into that many segments. */
function makeConfig(workflow: number): Json {
  const ids = Array.from({ length: 3 + (workflow % 6) }, (_, at) => `w${workflow}-n${at}`);
  return {
    id: `wf-${workflow}`,
    nodes: ids.map((id, at) => ({ id, type: at % 2 === 0 ? 'operator' : 'llm_chat', config: { ratio: workflow / 8 } })),
    edges: ids.slice(1).map((target, at) => ({ source: ids[at]!, target })),
  };
}

const mapFor = (config: Json) => partitionWorkflow(config).partitionMap;

function makeBag(workflow: number, members: Json = {}): Json {
  const config = makeConfig(workflow);
  const map = mapFor(config);
  return {
    ownerId: `owner-${workflow % 3}`,
    workflowId: `wf-${workflow}`,
    idempotency_key: `key-${workflow}`,
    segment_to_run: workflow % map.length,
    total_segments: map.length,
    loop_counter: 0,
    max_loop_iterations: 10,
    current_state: { n: workflow },
    workflow_config: config,
    partition_map: map,
    ...members,
  };
}

/** A bag in one of the forms that the old runner reads. Writes what the bag points to. */
type Form = (workflow: number, place: Place) => Promise<Json>;

async function offload(workflow: number, name: string, value: unknown, { objects, bucket }: Place): Promise<Json> {
  const key = `workflows/wf-${workflow}/executions/key-${workflow}/${name}_1769760000000.json`;
  const bytes = Buffer.from(JSON.stringify(value));
  await objects.put({ bucket, key }, bytes);
  const checksum = createHash('md5').update(bytes).digest('hex').slice(0, 8);
  return {
    ...{ __s3_pointer__: true, bucket, key, size_bytes: bytes.length },
    ...{ checksum, field_name: name, created_at: 1769760000.25 },
  };
}

async function putMap(workflow: number, map: unknown, { objects, bucket }: Place): Promise<Json> {
  const key = `workflow-partitions/owner-${workflow % 3}/wf-${workflow}/partition_map.json`;
  await objects.put({ bucket, key }, Buffer.from(JSON.stringify(map)));
  return { partition_map: null, partition_map_s3_path: `s3://${bucket}/${key}` };
}

export const FORMS: Readonly<Record<string, Form>> = {
  inline: (workflow) => Promise.resolve(makeBag(workflow)),
  pointers: async (workflow, place) => {
    const config = makeConfig(workflow);
    return makeBag(workflow, {
      workflow_config: await offload(workflow, 'workflow_config', config, place),
      partition_map: await offload(workflow, 'partition_map', mapFor(config), place),
    });
  },
  path: async (workflow, place) => makeBag(workflow, await putMap(workflow, mapFor(makeConfig(workflow)), place)),
  'without a map': (workflow) => Promise.resolve(makeBag(workflow, { partition_map: [] })),
  dict: (workflow) =>
    Promise.resolve(
      makeBag(workflow, {
        partition_map: Object.fromEntries(mapFor(makeConfig(workflow)).map((each, at) => [at, each])),
      }),
    ),
  nested: (workflow) =>
    Promise.resolve(
      makeBag(workflow, {
        partition_map: mapFor(makeConfig(workflow)).map((each, at) => ({ segment_id: at, segment_config: each })),
      }),
    ),
};

/** Events for which the programs are not the same, and what a replay must say. */
export const PLANTED: Readonly<Record<string, { readonly make: Form; readonly said: string }>> = {
  'a map that a later run replaced': {
    make: async (workflow, place) =>
      makeBag(workflow, await putMap(workflow, mapFor(makeConfig(workflow + 100)), place)),
    said: 'differs OLD_PROGRAM_DIFFERS',
  },
  'a passed program that is ignored': {
    make: (workflow) => Promise.resolve(makeBag(workflow, { segment_config: { id: 9, nodes: [{ id: 'x' }] } })),
    said: 'differs OLD_PROGRAM_DIFFERS',
  },
  'inner and outer bags with different indexes': {
    make: (workflow) => {
      const [outer, inner] = [0, 1].map((index) => makeBag(workflow, { segment_to_run: index }));
      return Promise.resolve({ state_data: { ...outer, state_data: inner } });
    },
    said: 'differs OLD_PROGRAM_DIFFERS',
  },
  'arguments of a branch next to state_data': {
    make: (workflow) =>
      Promise.resolve({
        ...{ state_data: makeBag(workflow), segment_to_run: 0, branch_id: 'branch_0' },
        partition_map: mapFor(makeConfig(workflow + 100)),
      }),
    said: 'differs OLD_RUNNER_DROPS',
  },
  'a map with a null': {
    make: (workflow) => Promise.resolve(makeBag(workflow, { partition_map: [null, ...mapFor(makeConfig(workflow))] })),
    said: 'shim-fails MAP_HAS_NULLS',
  },
  'what release 0.1.0 left': {
    make: (workflow) =>
      Promise.resolve(
        makeBag(workflow, { segment_config: { id: 9, nodes: [{ id: 'x' }] }, segment_index: 0, segment_to_run: 1 }),
      ),
    said: 'shim-fails SEGMENT_CONTRADICTORY',
  },
  'two owners': {
    make: (workflow) => Promise.resolve({ state_data: { ...makeBag(workflow), state_data: makeBag(workflow + 1) } }),
    said: 'shim-fails OWNER_MISMATCH',
  },
  'an index that is text': {
    make: (workflow) => Promise.resolve(makeBag(workflow, { segment_to_run: '1' })),
    said: 'old-fails OLD_RUNNER_FAILS',
  },
  'an index beyond the map': {
    make: (workflow) => Promise.resolve(makeBag(workflow, { segment_to_run: 99 })),
    said: 'old-fails OLD_RUNS_WHOLE_CONFIG',
  },
  'a map that is text': {
    make: (workflow) =>
      Promise.resolve(makeBag(workflow, { partition_map: JSON.stringify(mapFor(makeConfig(workflow))) })),
    said: 'old-fails OLD_RUNS_WHOLE_CONFIG',
  },
  'a pointer in a list': {
    make: async (workflow, place) =>
      makeBag(workflow, {
        ...{ segment_to_run: 0 },
        partition_map: [await offload(workflow, 'partition_map', mapFor(makeConfig(workflow))[0], place)],
      }),
    said: 'old-fails OLD_RUNS_POINTER',
  },
  'a pointer to what was deleted': {
    make: async (workflow, place) => {
      const pointer = await offload(workflow, 'partition_map', [], place);
      return makeBag(workflow, { partition_map: { ...pointer, key: String(pointer.key).replace('_1769', '_1768') } });
    },
    said: 'failed POINTER_DANGLING',
  },
};
