import { validateLeanBag } from 'statebag-shim';
import { describe, expect, it } from 'vitest';
import { readSchema } from '../schemas/read-schema.js';
import { leanBag } from './lean-bag.js';

/** The members that the lean schema says may leave a bag, and how. */
const rules = Object.entries(readSchema('state-bag.v2').properties ?? {})
  .filter(([, property]) => 'x-offload' in property || 'x-max-inline-bytes' in property)
  .map(([member, property]) => ({
    member,
    ...(property['x-offload'] as { readonly pointer: string; readonly folder: string; readonly file: string }),
    maxInlineBytes: property['x-max-inline-bytes'],
  }));

describe('the offload rules', () => {
  it('are those of the lean bag', () => {
    expect(rules).toEqual([
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
        maxInlineBytes: 51_200,
      },
    ]);
  });

  it.each(rules)('point with a member of the schema that holds an s3 path: $pointer', ({ pointer }) => {
    expect(validateLeanBag({ ...leanBag, [pointer]: 'no path' })).toMatchObject([
      { pointer: `/${pointer}`, keyword: 'pattern' },
    ]);
  });

  it.each(rules.filter(({ maxInlineBytes }) => maxInlineBytes === 0))(
    'that allow no byte inline are refusals of the schema: $member',
    ({ member }) => {
      expect(validateLeanBag({ ...leanBag, [member]: 0 })).toMatchObject([{ pointer: `/${member}`, keyword: 'not' }]);
    },
  );
});
