import { describe, expect, it } from 'vitest';
import { statebag } from '../cli/terminal.js';
import { CONTROL } from './bag-text.js';
import { inspect, inspectValue } from './inspect.js';
import { STORE, makePlace } from './place.js';

const SHA = 'a'.repeat(64);
const CALM = {
  ownerId: 'o',
  workflowId: 'w',
  total_segments: 1,
  segment_manifest_s3_path: `s3://b/workflow-manifests/o/w/${SHA}/segment_manifest.json`,
};
const FAT = { ...CALM, workflow_config: { nodes: [] }, partition_map: [{ id: 0 }] };

/** What Step Functions takes, in bytes of UTF-8. */
const PAYLOAD_LIMIT = 262_144;

async function hazards(document: object): Promise<readonly string[]> {
  return (await inspectValue(document)).hazards;
}

/** The same document, with a member that makes its text so many bytes long. */
function padded(document: object, size: number): object {
  const { length } = JSON.stringify({ ...document, padding: '' });
  return { ...document, padding: 'x'.repeat(size - length) };
}

describe('a hazard', () => {
  it.each<readonly [string, object, readonly string[]]>([
    ['none of a fat bag in good order', FAT, []],
    ['markers of the initialiser', { ...FAT, _status: 'STARTED' }, ['INIT_MARKERS']],
    [
      'a copy of the bag in its state',
      { ...FAT, current_state: { workflow_config: { nodes: [] } } },
      ['STATE_HOLDS_BAG'],
    ],
    ['no copy where the state only points', { ...FAT, current_state: { workflow_config: 's3://b/k' } }, []],
    ['a bag in a bag', { ...FAT, state_data: FAT }, ['NESTED_BAGS']],
    ['a manifest path lost in a merge', { ...FAT, segment_manifest_s3_path: null }, ['MANIFEST_PATH_MISSING']],
    [
      'a manifest that the next run overwrites',
      { ...FAT, segment_manifest_s3_path: 's3://b/workflow-manifests/o/w/segment_manifest.json' },
      ['MANIFEST_AT_MUTABLE_KEY'],
    ],
    [
      'a manifest read inline',
      { ...FAT, distributed_strategy: 'BATCHED', segment_manifest: [] },
      ['MANIFEST_READ_INLINE'],
    ],
    ['no map', { ...CALM, workflow_config: { nodes: [] } }, ['MAP_MISSING']],
    [
      'a dict map next to an index that is text',
      { ...CALM, partition_map: { 0: {} }, segment_to_run: '0' },
      ['INDEX_IS_TEXT'],
    ],
    [
      'a dict map in a JSON string next to an index that is text',
      { ...CALM, partition_map: '{"0":{}}', segment_id: '0' },
      ['INDEX_IS_TEXT'],
    ],
    [
      'a dict map in a bag next to an index that is text',
      { segment_to_run: '0', state_data: { ...CALM, partition_map: { 0: {} } } },
      ['INDEX_IS_TEXT'],
    ],
    ['a dict map next to an index that is a number', { ...CALM, partition_map: { 0: {} }, segment_to_run: 0 }, []],
    ['a list map next to an index that is text', { ...CALM, partition_map: [{}], segment_to_run: '0' }, []],
    ['inline fields under the stamp of a lean bag', { ...FAT, state_bag_version: 2 }, ['STAMPED_BUT_FAT']],
    ['a bag of the newest era', { ...CALM, manifest_id: 'm' }, ['NEWEST_ERA']],
  ])('is %s', async (_, document, expected) => {
    expect(await hazards(document)).toEqual(expected);
  });

  it.each([
    ['{"0":{"id":0}}', ['MANIFEST_PATH_MISSING', 'INDEX_IS_TEXT']],
    ['[{"id":0}]', ['MANIFEST_PATH_MISSING']],
  ])('is an index that is text where the bag points to the map %s, once the map is read', async (map, expected) => {
    const key = 'workflow-partitions/olive/press/partition_map.json';
    const { dir } = makePlace({ [`local/${key}`]: Buffer.from(map) });
    const bag = { ...CONTROL, segment_to_run: '0', partition_map_s3_path: `s3://local/${key}` };
    const look = async (...args: readonly string[]) => {
      const { out } = await statebag(dir, ['inspect', '-', '--json', '--quiet', ...args], {
        stdin: JSON.stringify(bag),
      });
      return (JSON.parse(out) as { readonly documents: readonly { readonly hazards: readonly string[] }[] })
        .documents[0]!.hazards;
    };
    expect(await look()).toEqual(['MANIFEST_PATH_MISSING']);
    expect(await look('--store', STORE)).toEqual(expected);
  });

  it('is a size that Step Functions refuses, one byte over', async () => {
    expect(await hazards(padded(FAT, PAYLOAD_LIMIT))).toEqual([]);
    expect(await hazards(padded(FAT, PAYLOAD_LIMIT + 1))).toEqual(['OVER_LIMIT']);
  });

  it('is not reported of a document that is not a bag', async () => {
    expect(await hazards(padded({ x: 1 }, PAYLOAD_LIMIT + 1))).toEqual([]);
  });

  it('is told once, in one order, and each in a sentence', async () => {
    const document = {
      ...FAT,
      _is_init: true,
      segment_manifest_s3_path: '',
      state_data: { ...FAT, _is_init: true, state_bag_version: 2 },
    };
    const found = await hazards(document);
    expect(found).toEqual(['INIT_MARKERS', 'NESTED_BAGS', 'MANIFEST_PATH_MISSING', 'STAMPED_BUT_FAT']);
    const { out } = await statebag(makePlace().dir, ['inspect', '-', '--quiet'], { stdin: JSON.stringify(document) });
    for (const hazard of found) expect(out).toMatch(new RegExp(`${hazard}.{20,}`));
  });
});

it('inline bytes are those of the values under the two names, in all bags of a document', async () => {
  const text =
    '{"ownerId":"o","workflowId":"w","total_segments":1,"workflow_config":{"a": 1.0},"state_data":{"workflow_config":"s3://b/k","partition_map":[ 1]}}';
  expect((await inspect(Buffer.from(text))).bytesInline).toBe('{"a": 1.0}'.length + '[ 1]'.length);
});
