import { describe, expect, it } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import type { Generation } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { inspectAll, inspectValue } from './inspect.js';

const SHA = '0123456789abcdef'.repeat(4);
const CONTROL = { ownerId: 'o', workflowId: 'w', total_segments: 1 };
const path = (kind: 'config' | 'partition_map' | 'segment_manifest') =>
  `s3://b/workflow-${{ config: 'configs', partition_map: 'partitions', segment_manifest: 'manifests' }[kind]}/o/w/${SHA}/${kind}.json`;
const P1 = { __s3_pointer__: true, bucket: 'b', key: 'k' };

const shim = createStateBagShim({ store: memoryBlobStore({ bucket: 'b' }) });

/** Where the innermost bag is, and whether there are further ones around it; told by both readers. */
async function place(document: object): Promise<readonly [path: string, isNested: boolean]> {
  const { envelope, hazards } = await inspectValue(document);
  expect(shim.read(document).envelope.join('.')).toBe(envelope);
  return [envelope!, hazards.includes('NESTED_BAGS')];
}

describe('the generation of a bag', () => {
  it.each<readonly [string, object, Generation]>([
    ['an inline config', { ...CONTROL, workflow_config: { nodes: [] } }, 'fat'],
    ['an inline map beside a pointer', { ...CONTROL, workflow_config: P1, partition_map: [{}] }, 'fat'],
    ['a value of a wrong kind', { partition_map: 7 }, 'fat'],
    ['pointers under the old names', { ...CONTROL, workflow_config: P1, partition_map: null }, 'bridge'],
    ['a path to a key without digest', { ...CONTROL, workflow_config_s3_path: 's3://b/c.json' }, 'bridge'],
    [
      'paths to content addresses',
      { ...CONTROL, workflow_config_s3_path: path('config'), partition_map_s3_path: path('partition_map') },
      'lean',
    ],
    ['a manifest path alone, to a key without digest', { segment_manifest_s3_path: 's3://b/manifest.json' }, 'bridge'],
    ['a manifest path alone, to a content address', { segment_manifest_s3_path: path('segment_manifest') }, 'lean'],
    ['a manifest of the newest era', { manifest_id: 'm', segment_manifest_s3_path: 's3://b/manifest.json' }, 'lean'],
    ['a path to a key of that era', { segment_manifest_s3_path: 's3://b/old/manifests/1.json' }, 'lean'],
    ['a path with a dot to such a key', { segment_manifest_s3_path: 's3://b/old/./manifests/1.json' }, 'bridge'],
    ['a path with two dots to such a key', { segment_manifest_s3_path: 's3://b/../manifests/1.json' }, 'bridge'],
    [
      'a path with an empty folder to such a key',
      { segment_manifest_s3_path: 's3://b/old//manifests/1.json' },
      'bridge',
    ],
    ['a program in the inline manifest alone', { ...CONTROL, segment_manifest: [{ segment_config: {} }] }, 'fat'],
    [
      'a program in the inline manifest next to a path to a content address',
      {
        ...CONTROL,
        segment_manifest: [{ segment_config: {} }],
        segment_manifest_s3_path: path('segment_manifest'),
      },
      'lean',
    ],
    ['null fields', { ...CONTROL, workflow_config: null, partition_map: '' }, 'lean'],
    ['empty fields', { ...CONTROL, workflow_config: {}, partition_map: [] }, 'lean'],
    ['an empty map beside a pointer', { ...CONTROL, workflow_config: P1, partition_map: {} }, 'bridge'],
    ['only a stamp', { state_bag_version: 2 }, 'lean'],
    ['a stamp beside an inline field', { state_bag_version: 2, workflow_config: { nodes: [] } }, 'fat'],
    ['only the control plane', CONTROL, 'lean'],
    ['too little of the control plane', { ownerId: 'o', workflowId: 'w' }, 'foreign'],
    ['nothing', {}, 'foreign'],
    [
      'a lean bag around a fat one',
      { ...CONTROL, state_bag_version: 2, state_data: { ...CONTROL, workflow_config: { nodes: [] } } },
      'fat',
    ],
    [
      'a fat bag around a lean one',
      { ...CONTROL, workflow_config: { nodes: [] }, state_data: { ...CONTROL, state_bag_version: 2 } },
      'fat',
    ],
  ])('of %s is told', async (_, document, expected) => {
    expect(shim.read(document).generation).toBe(expected);
    expect((await inspectValue(document)).generation).toBe(expected);
  });

  it.each([null, [], 'text', 3, true, [{ workflow_config: {} }]])('of %j is foreign', async (document) => {
    expect(shim.read(document).generation).toBe('foreign');
    // A document that is no object is quarantined before its generation is told.
    expect((await inspectValue(document)).generation).toBe('unknown');
  });
});

describe('the bags of a document', () => {
  const bag = { ...CONTROL, workflow_config: { nodes: [] } };

  it('are named by their place, the innermost first', async () => {
    expect(await place(bag)).toEqual(['', false]);
    expect(await place({ Payload: { state_data: { bag } } })).toEqual(['Payload.state_data.bag', false]);
    expect(await place({ state_data: { ...bag, state_data: { ...bag, bag } } })).toEqual([
      'state_data.state_data',
      true,
    ]);
  });

  it('do not include the arguments of a call', async () => {
    const calls = [
      { state_data: bag, partition_map: [], segment_to_run: 0 },
      ...['branch_id', 'branch_index', 'branch_config', 'segment_config', 'execution_mode'].map((sign) => ({
        ...bag,
        segment_to_run: 0,
        [sign]: 0,
        state_data: bag,
      })),
      { ...CONTROL, state_data: bag },
    ];
    for (const call of calls) expect(await place(call)).toEqual(['state_data', false]);
  });

  it('include a bag that says whose it is, next to a state_data with only an index and a state', async () => {
    const [index, state] = [{ segment_id: 1 }, { current_state: {} }];
    for (const call of [{}, { execution_mode: 'SAFE' }, { branch_id: 'b' }, { segment_config: {} }])
      expect(await place({ ...bag, segment_to_run: 0, ...call, state_data: { ...index, ...state } })).toEqual([
        '',
        false,
      ]);
  });

  it('are looked for no deeper than anybody wraps, and not round a circle', async () => {
    let deep: unknown = bag;
    for (let level = 0; level < 40; level += 1) deep = { state_data: deep };
    expect(shim.read(deep).generation).toBe('foreign');
    expect((await inspectValue(deep)).generation).toBe('foreign');
    const circle: Record<string, unknown> = { ...bag };
    circle.state_data = circle;
    const { generation, envelope } = shim.read(circle);
    expect([generation, envelope.length < 12]).toEqual(['fat', true]);
  });

  it('keep their ids, in either spelling, and a number as it is written', () => {
    const ids = (members: object) => {
      const { ownerId, workflowId } = shim.read({ workflow_config: {}, ...members });
      return [ownerId, workflowId];
    };
    expect(ids({ ownerId: 'o', workflowId: 'w', owner_id: 'other' })).toEqual(['o', 'w']);
    expect(ids({ owner_id: 'o', workflow_id: 'w' })).toEqual(['o', 'w']);
    expect(ids({ ownerId: '', owner_id: 'o', workflowId: null })).toEqual(['o', undefined]);
    expect(ids({ ownerId: 12, workflowId: ['w'] })).toEqual(['12', undefined]);
    expect(ids({})).toEqual([undefined, undefined]);
  });
});

it('the digest of a key is where the default layout has it, in whatever folder', async () => {
  const digestKeys = [
    `workflow-configs/o/w/${SHA}/config.json`,
    `a/b/workflow-configs/o/w/${SHA}/config.json`,
    `workflow-manifests/o/w/${SHA}/segment_manifest.json`,
  ];
  const others = [
    `workflow-configs/o/w/${SHA}/other.json`,
    `workflow-configs/w/${SHA}.json`,
    `workflow-configs/o/w/${SHA}.json`,
    `merkle-blocks/w/ab/${SHA}.json`,
    `workflows/w/executions/${SHA}/workflow_config_1.json`,
    `workflow-configs/o/w/x${SHA}/config.json`,
    `workflow-configs/o/w/${SHA.toUpperCase()}/config.json`,
    `a/b/${SHA}/config.json`,
    'a/b',
  ];
  const keys = [...digestKeys, ...others];
  const documents = keys.map((key) => ({ ...CONTROL, workflow_config_s3_path: `s3://b/${key}` }));
  const told = await inspectAll(
    new Map(documents.map((document, index) => [`key-${index}`, Buffer.from(JSON.stringify(document))])),
  );
  // A bag is lean when its paths lead to content addresses.
  const expected = keys.map((key) => [key, digestKeys.includes(key) ? 'lean' : 'bridge']);
  expect(keys.map((key, index) => [key, told.get(`key-${index}`)!.generation])).toEqual(expected);
  expect(keys.map((key, index) => [key, shim.read(documents[index]).generation])).toEqual(expected);
});
