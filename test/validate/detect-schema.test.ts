import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCHEMA_NAMES, readFixtures } from '../schemas/read-fixtures.js';
import { detectSchemas } from '../schemas/validate.js';
import { leanBag, without } from './lean-bag.js';

async function detectSchema(document: unknown): Promise<string | undefined> {
  return (await detectSchemas([document]))[0];
}

describe('detecting the schema of', () => {
  it.each(['journal.v1', 'plan.v1', 'pointers.v1'] as const)(
    'every valid %s fixture gives that schema',
    async (schema) => {
      const valid = readFixtures(schema).filter(({ issues }) => issues.length === 0);
      const found = await detectSchemas(valid.map(({ document }) => document));
      expect(valid.map(({ name }, index) => [name, found[index]])).toEqual(valid.map(({ name }) => [name, schema]));
    },
  );

  it('a stamped bag gives the lean schema, whatever is inline', async () => {
    expect(await detectSchema(leanBag)).toBe('state-bag.v2');
    expect(await detectSchema({ ...leanBag, workflow_config: {}, partition_map: [] })).toBe('state-bag.v2');
  });

  it('a bag that lost its stamp but has paths gives the lean schema', async () => {
    expect(await detectSchema(without(leanBag, 'state_bag_version'))).toBe('state-bag.v2');
  });

  it('an unstamped bag with a program inline gives the fat one', async () => {
    const old = without(
      leanBag,
      'state_bag_version',
      'workflow_config_s3_path',
      'partition_map_s3_path',
      'segment_manifest_s3_path',
    );
    expect(await detectSchema({ ...old, workflow_config: { nodes: [] } })).toBe('state-bag.fat');
    expect(await detectSchema({ ...old, partition_map: null })).toBe('state-bag.fat');
    expect(await detectSchema({ workflow_config: { __s3_pointer__: true, bucket: 'b', key: 'k' } })).toBe(
      'state-bag.fat',
    );
    expect(
      await detectSchema({
        ...old,
        partition_map: [{ id: 0 }],
        workflow_config_s3_path: 's3://b/workflow-states/o/w/workflow_config_1.json',
      }),
    ).toBe('state-bag.fat');
  });

  it('an unstamped bag with a program inline next to the paths of a lean bag gives the lean one', async () => {
    const bag = without(leanBag, 'state_bag_version');
    expect(await detectSchema({ ...bag, workflow_config: { nodes: [] } })).toBe('state-bag.v2');
    expect(await detectSchema({ ...bag, partition_map: 'text' })).toBe('state-bag.v2');
    expect(await detectSchema({ ...bag, partition_map: null })).toBe('state-bag.fat');
  });

  it('a bag whose paths are all empty gives the fat one', async () => {
    expect(await detectSchema({ ownerId: 'o', partition_map_s3_path: '', segment_manifest_s3_path: null })).toBe(
      'state-bag.fat',
    );
  });

  it('a bag with a member named kind is still a bag', async () => {
    expect(await detectSchema({ ...leanBag, kind: 'run', run: 'r' })).toBe('state-bag.v2');
  });

  it('an envelope around a bag gives the schema of the bag', async () => {
    expect(await detectSchema({ state_data: leanBag, next_action: 'STARTED' })).toBe('state-bag.v2');
  });

  it('manifests in both forms gives the manifest schema', async () => {
    expect(await detectSchema([{ segment_id: 0, segment_config: {} }])).toBe('segment-manifest.v1');
    expect(await detectSchema({ version: 1, segments: [] })).toBe('segment-manifest.v1');
  });

  it.each([
    ['an empty list', []],
    ['a list of user data', [{ name: 'a' }]],
    ['an empty object', {}],
    ['an object whose kind is a common word', { kind: 'document', title: 'Invoice' }],
    ['bucket and key among user data', { bucket: 'b', key: 'k', colour: 'green' }],
    ['a false marker', { __s3_pointer__: false }],
    ['a string', 'hello'],
    ['null', null],
  ])('%s gives none', async (_, value) => {
    expect(await detectSchema(value)).toBeUndefined();
  });

  it('anything gives the name of a schema or none, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 100, maxLength: 100 }), async (values) => {
        const found = await detectSchemas(values);
        expect(found).toHaveLength(values.length);
        const names: readonly (string | undefined)[] = [...SCHEMA_NAMES, undefined];
        expect(found.filter((name) => !names.includes(name))).toEqual([]);
      }),
      { numRuns: 1 },
    );
  });
});
