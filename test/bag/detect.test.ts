import { describe, expect, it } from 'vitest';
import { detectDigest } from '../../src/content-address.js';
import { detect } from '../../src/bag/detect.js';
import type { Generation } from '../../src/bag/detect.js';
import { objectReader } from '../../src/bag/object-reader.js';

const SHA = '0123456789abcdef'.repeat(4);
const CONTROL = { ownerId: 'o', workflowId: 'w', total_segments: 1 };
const path = (kind: string) => `s3://b/${kind}/o/w/${SHA}/x.json`;
const P1 = { __s3_pointer__: true, bucket: 'b', key: 'k' };

const generation = (document: unknown) => detect(objectReader, document).generation;
const paths = (document: unknown) => detect(objectReader, document).sites.map((site) => site.path.join('/'));

describe('the generation of a bag', () => {
  it.each<readonly [string, object, Generation]>([
    ['an inline config', { ...CONTROL, workflow_config: {} }, 'fat'],
    ['an inline map beside a pointer', { ...CONTROL, workflow_config: P1, partition_map: [] }, 'fat'],
    ['a value of a wrong kind', { partition_map: 7 }, 'fat'],
    ['pointers under the old names', { ...CONTROL, workflow_config: P1, partition_map: null }, 'bridge'],
    ['a path to a key without digest', { ...CONTROL, workflow_config_s3_path: 's3://b/c.json' }, 'bridge'],
    [
      'paths to content addresses',
      { ...CONTROL, workflow_config_s3_path: path('workflow-configs'), partition_map_s3_path: path('m') },
      'lean',
    ],
    ['a manifest path alone, to a key without digest', { segment_manifest_s3_path: 's3://b/manifest.json' }, 'bridge'],
    ['a manifest path alone, to a content address', { segment_manifest_s3_path: path('workflow-manifests') }, 'lean'],
    ['a manifest of the newest era', { manifest_id: 'm', segment_manifest_s3_path: 's3://b/manifest.json' }, 'lean'],
    ['null fields', { ...CONTROL, workflow_config: null, partition_map: '' }, 'lean'],
    ['only a stamp', { state_bag_version: 2 }, 'lean'],
    ['a stamp beside an inline field', { state_bag_version: 2, workflow_config: {} }, 'fat'],
    ['only the control plane', CONTROL, 'lean'],
    ['too little of the control plane', { ownerId: 'o', workflowId: 'w' }, 'foreign'],
    ['nothing', {}, 'foreign'],
    [
      'a lean bag around a fat one',
      { ...CONTROL, state_bag_version: 2, state_data: { ...CONTROL, workflow_config: {} } },
      'fat',
    ],
    [
      'a fat bag around a lean one',
      { ...CONTROL, workflow_config: {}, state_data: { ...CONTROL, state_bag_version: 2 } },
      'fat',
    ],
  ])('of %s is told', (_, document, expected) => {
    expect(generation(document)).toBe(expected);
  });

  it.each([null, [], 'text', 3, true, [{ workflow_config: {} }]])('of %j is foreign', (document) => {
    expect(generation(document)).toBe('foreign');
  });
});

describe('the bags of a document', () => {
  const bag = { ...CONTROL, workflow_config: {} };

  it('are named by their place, the innermost first', () => {
    expect(paths(bag)).toEqual(['']);
    expect(paths({ Payload: { state_data: { bag } } })).toEqual(['Payload/state_data/bag']);
    expect(paths({ state_data: { ...bag, state_data: { ...bag, bag } } })).toEqual([
      'state_data/state_data',
      'state_data',
    ]);
  });

  it('do not include the arguments of a call', () => {
    expect(paths({ state_data: bag, partition_map: [], segment_to_run: 0 })).toEqual(['state_data']);
    for (const sign of ['branch_id', 'branch_index', 'branch_config', 'segment_config', 'execution_mode']) {
      expect(paths({ ...bag, segment_to_run: 0, [sign]: 0, state_data: bag })).toEqual(['state_data']);
    }
    expect(paths({ ...CONTROL, state_data: bag })).toEqual(['state_data']);
  });

  it('are looked for no deeper than anybody wraps, and not round a circle', () => {
    let deep: unknown = bag;
    for (let level = 0; level < 40; level += 1) deep = { state_data: deep };
    expect(generation(deep)).toBe('foreign');
    const circle: Record<string, unknown> = { ...bag };
    circle.state_data = circle;
    expect(detect(objectReader, circle).sites.length).toBeLessThan(12);
  });

  it('keep their ids, in either spelling, and a number as it is written', () => {
    const ids = (members: object) =>
      detect(objectReader, { workflow_config: {}, ...members }).sites.map(({ ownerId, workflowId }) => [
        ownerId,
        workflowId,
      ])[0];
    expect(ids({ ownerId: 'o', workflowId: 'w', owner_id: 'other' })).toEqual(['o', 'w']);
    expect(ids({ owner_id: 'o', workflow_id: 'w' })).toEqual(['o', 'w']);
    expect(ids({ ownerId: '', owner_id: 'o', workflowId: null })).toEqual(['o', undefined]);
    expect(ids({ ownerId: 12, workflowId: ['w'] })).toEqual(['12', undefined]);
    expect(ids({})).toEqual([undefined, undefined]);
  });
});

it('the digest of a key is a whole folder of it, or the name of a file two folders down', () => {
  expect(
    [
      `a/b/${SHA}.json`,
      `a/b/${SHA}`,
      `a/b/${SHA}x.json`,
      `workflow-configs/w/${SHA}.json`,
      `merkle-blocks/w/ab/${SHA}.json`,
    ].map(detectDigest),
  ).toEqual([SHA, SHA, ...Array<undefined>(3).fill(undefined)]);
  expect(
    [
      `a/${SHA}/x`,
      `${SHA}/x`,
      `a/${SHA}`,
      `a/${SHA}.json`,
      `a/x${SHA}/y`,
      `a/${SHA.toUpperCase()}/y`,
      'a/b',
      undefined,
    ].map(detectDigest),
  ).toEqual([SHA, SHA, ...Array<undefined>(6).fill(undefined)]);
});
