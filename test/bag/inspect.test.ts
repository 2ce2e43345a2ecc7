import { describe, expect, it } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { detectHazards, HAZARDS, inlineBytes } from '../../src/bag/inspect.js';
import { PAYLOAD_LIMIT } from '../../src/bag/payload-limit.js';
import { objectReader } from '../../src/bag/object-reader.js';

const SHA = 'a'.repeat(64);
const CALM = {
  ownerId: 'o',
  workflowId: 'w',
  total_segments: 1,
  segment_manifest_s3_path: `s3://b/m/${SHA}/segment_manifest.json`,
};
const FAT = { ...CALM, workflow_config: { nodes: [] }, partition_map: [{ id: 0 }] };

function hazards(document: unknown, size?: number): readonly string[] {
  const text = JSON.stringify(document);
  const found = detectHazards(byteReader, detect(byteReader, readDocument(Buffer.from(text))), size ?? text.length);
  expect(detectHazards(objectReader, detect(objectReader, document), size ?? text.length)).toEqual(found);
  return found;
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
    ['inline fields under the stamp of a lean bag', { ...FAT, state_bag_version: 2 }, ['STAMPED_BUT_FAT']],
    ['a bag of the newest era', { ...CALM, manifest_id: 'm' }, ['NEWEST_ERA']],
  ])('is %s', (_, document, expected) => {
    expect(hazards(document)).toEqual(expected);
  });

  it('is a size that Step Functions refuses, one byte over', () => {
    expect([hazards(FAT, PAYLOAD_LIMIT), hazards(FAT, PAYLOAD_LIMIT + 1)]).toEqual([[], ['OVER_LIMIT']]);
  });

  it("of a foreign document is nobody's business", () => {
    expect(hazards({ x: 1 }, PAYLOAD_LIMIT + 1)).toEqual([]);
  });

  it('is told once, in one order, and each in a sentence', () => {
    const found = hazards({
      ...FAT,
      _is_init: true,
      segment_manifest_s3_path: '',
      state_data: { ...FAT, _is_init: true, state_bag_version: 2 },
    });
    expect(found).toEqual(['INIT_MARKERS', 'NESTED_BAGS', 'MANIFEST_PATH_MISSING', 'STAMPED_BUT_FAT']);
    expect(Object.values(HAZARDS).every((sentence) => sentence.length > 20)).toBe(true);
  });
});

it('inline bytes are those of the values under the two names, in all bags of a document', () => {
  const text =
    '{"ownerId":"o","workflowId":"w","total_segments":1,"workflow_config":{"a": 1.0},"state_data":{"workflow_config":"s3://b/k","partition_map":[ ]}}';
  expect(inlineBytes(byteReader, detect(byteReader, readDocument(Buffer.from(text))))).toBe(
    '{"a": 1.0}'.length + '[ ]'.length,
  );
});
