import { describe, expect, it } from 'vitest';
import { DEFAULT_LAYOUT } from '../../../src/bag/layout.js';
import { OFFLOADED_MEMBERS, offloadRuleOf } from '../../../src/bag/validate/offload-rules.js';
import { validateStateBag } from '../../../src/bag/validate/state-bag.js';
import { readSchema } from '../../schemas/read-schema.js';
import { leanBag } from './lean-bag.js';

describe('the offload rules', () => {
  it('are those of the lean bag', () => {
    expect(OFFLOADED_MEMBERS).toEqual([
      {
        member: 'workflow_config',
        pointer: 'workflow_config_s3_path',
        folder: 'workflow-configs',
        file: 'config.json',
        usage: 'reference_only',
        maxInlineBytes: 0,
      },
      {
        member: 'partition_map',
        pointer: 'partition_map_s3_path',
        folder: 'workflow-partitions',
        file: 'partition_map.json',
        usage: 'reference_only',
        maxInlineBytes: 0,
      },
      {
        member: 'segment_manifest',
        pointer: 'segment_manifest_s3_path',
        folder: 'workflow-manifests',
        file: 'segment_manifest.json',
        usage: null,
        maxInlineBytes: 51_200,
      },
    ]);
  });

  it('give the keys of the default layout', () => {
    const keys = OFFLOADED_MEMBERS.map(({ folder, file }) => `${folder}/{ownerId}/{workflowId}/{sha256}/${file}`);
    expect(keys).toEqual([DEFAULT_LAYOUT.config, DEFAULT_LAYOUT.map, DEFAULT_LAYOUT.manifest]);
  });

  it('are found by member', () => {
    expect(offloadRuleOf('partition_map').folder).toBe('workflow-partitions');
  });

  it('name every annotated member of the schema, and only those', () => {
    const properties = Object.entries(readSchema('state-bag.v2').properties ?? {});
    const annotated = properties.filter(([, property]) => 'x-offload' in property || 'x-max-inline-bytes' in property);
    expect(annotated.map(([name]) => name)).toEqual(OFFLOADED_MEMBERS.map(({ member }) => member));
  });

  it.each(OFFLOADED_MEMBERS)('point with a member of the schema that holds an s3 path: $pointer', ({ pointer }) => {
    expect(validateStateBag({ ...leanBag, [pointer]: 'no path' })).toMatchObject([
      { pointer: `/${pointer}`, keyword: 'pattern' },
    ]);
  });

  it.each(OFFLOADED_MEMBERS.filter(({ maxInlineBytes }) => maxInlineBytes === 0))(
    'that allow no byte inline are refusals of the schema: $member',
    ({ member }) => {
      expect(validateStateBag({ ...leanBag, [member]: 0 })).toMatchObject([{ pointer: `/${member}`, keyword: 'not' }]);
    },
  );
});
