import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectSchema } from '../../../src/bag/validate/detect-schema.js';
import { isSchemaName } from '../../../src/bag/validate/validate-against.js';
import { readFixtures } from '../../schemas/read-fixtures.js';
import { leanBag, without } from './lean-bag.js';

describe('detecting the schema of', () => {
  it.each(['journal.v1', 'plan.v1', 'pointers.v1'] as const)('every valid %s fixture gives that schema', (schema) => {
    for (const { name, document, issues } of readFixtures(schema)) {
      if (issues.length === 0) expect([name, detectSchema(document)]).toEqual([name, schema]);
    }
  });

  it('a stamped bag gives the lean schema, whatever is inline', () => {
    expect(detectSchema(leanBag)).toBe('state-bag.v2');
    expect(detectSchema({ ...leanBag, workflow_config: {}, partition_map: [] })).toBe('state-bag.v2');
  });

  it('a bag that lost its stamp but has paths gives the lean schema', () => {
    expect(detectSchema(without(leanBag, 'state_bag_version'))).toBe('state-bag.v2');
  });

  it('an unstamped bag with a program inline gives the fat one', () => {
    const old = without(
      leanBag,
      'state_bag_version',
      'workflow_config_s3_path',
      'partition_map_s3_path',
      'segment_manifest_s3_path',
    );
    expect(detectSchema({ ...old, workflow_config: { nodes: [] } })).toBe('state-bag.fat');
    expect(detectSchema({ ...old, partition_map: null })).toBe('state-bag.fat');
    expect(detectSchema({ workflow_config: { __s3_pointer__: true, bucket: 'b', key: 'k' } })).toBe('state-bag.fat');
    expect(
      detectSchema({
        ...old,
        partition_map: [{ id: 0 }],
        workflow_config_s3_path: 's3://b/workflow-states/o/w/workflow_config_1.json',
      }),
    ).toBe('state-bag.fat');
  });

  it('an unstamped bag with a program inline next to the paths of a lean bag gives the lean one', () => {
    const bag = without(leanBag, 'state_bag_version');
    expect(detectSchema({ ...bag, workflow_config: { nodes: [] } })).toBe('state-bag.v2');
    expect(detectSchema({ ...bag, partition_map: 'text' })).toBe('state-bag.v2');
    expect(detectSchema({ ...bag, partition_map: null })).toBe('state-bag.fat');
  });

  it('a bag whose paths are all empty gives the fat one', () => {
    expect(detectSchema({ ownerId: 'o', partition_map_s3_path: '', segment_manifest_s3_path: null })).toBe(
      'state-bag.fat',
    );
  });

  it('a bag with a member named kind is still a bag', () => {
    expect(detectSchema({ ...leanBag, kind: 'run', run: 'r' })).toBe('state-bag.v2');
  });

  it('manifests in both forms gives the manifest schema', () => {
    expect(detectSchema([{ segment_id: 0, segment_config: {} }])).toBe('segment-manifest.v1');
    expect(detectSchema({ version: 1, segments: [] })).toBe('segment-manifest.v1');
  });

  it.each([
    ['an empty list', []],
    ['a list of user data', [{ name: 'a' }]],
    ['an empty object', {}],
    ['an envelope around a bag', { state_data: leanBag, next_action: 'STARTED' }],
    ['an object whose kind is a common word', { kind: 'document', title: 'Invoice' }],
    ['bucket and key among user data', { bucket: 'b', key: 'k', colour: 'green' }],
    ['a false marker', { __s3_pointer__: false }],
    ['a string', 'hello'],
    ['null', null],
    ['nothing', undefined],
  ])('%s gives none', (_, value) => {
    expect(detectSchema(value)).toBeUndefined();
  });

  it('anything gives the name of a schema or none, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (value) => {
        const name = detectSchema(value);
        expect(name === undefined || isSchemaName(name)).toBe(true);
      }),
    );
  });
});
