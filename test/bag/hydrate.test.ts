import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../migrations/index.js';
import { createStateBagShim } from 'statebag-shim';
import { fatBag } from './bag-text.js';
import { hydrate, migrate } from './migrate.js';
import { makePlace } from './place.js';
import { spelledMembers } from './spelled-members.js';

const CONFIG = '{"nodes": [1.0]}';
const MAP = '[{"id": 0.0}]';

describe('a bag filled in again', () => {
  const objects = { 'local/c': CONFIG, 'local/m': MAP };

  it.each([
    [
      'paths',
      '{"workflow_config_s3_path":"s3://local/c","x":1,"partition_map_s3_path":"s3://local/m"}',
      `{"workflow_config":${CONFIG},"x":1,"partition_map":${MAP}}`,
    ],
    [
      'pointers under the old names',
      '{"workflow_config":"s3://local/c","x":1,"partition_map":{"bucket":"local","key":"m"}}',
      `{"workflow_config":${CONFIG},"x":1,"partition_map":${MAP}}`,
    ],
    [
      'a null beside a path',
      '{"workflow_config":null,"x":1,"workflow_config_s3_path":"s3://local/c"}',
      `{"x":1,"workflow_config":${CONFIG}}`,
    ],
    [
      'empty values beside paths',
      '{"workflow_config":{},"partition_map":[],"partition_map_s3_path":"s3://local/m","workflow_config_s3_path":"s3://local/c"}',
      `{"partition_map":${MAP},"workflow_config":${CONFIG}}`,
    ],
    [
      'a null with nothing behind it',
      '{"workflow_config":null,"partition_map":"s3://local/m"}',
      `{"workflow_config":null,"partition_map":${MAP}}`,
    ],
    [
      'an inline value beside a path',
      '{"workflow_config":{"mine":1},"workflow_config_s3_path":"s3://local/c"}',
      '{"workflow_config":{"mine":1},"workflow_config_s3_path":"s3://local/c"}',
    ],
    [
      'a bag with nothing elsewhere',
      '{"workflow_config":{},"partition_map":[]}',
      '{"workflow_config":{},"partition_map":[]}',
    ],
  ])('has its values, in their bytes, in place of %s', async (_, text, expected) => {
    const place = makePlace(objects);
    expect((await hydrate(place, Buffer.from(text))).toString()).toBe(expected);
    const shim = createStateBagShim({ store: place.store, mode: 'rewrite' });
    expect(JSON.stringify(await shim.read(JSON.parse(text)).hydrated())).toBe(JSON.stringify(JSON.parse(expected)));
  });

  it('is what it was before it was offloaded, but for the manifest path', async () => {
    const bags = fc.array(fatBag({ withTraces: false }), { minLength: 25, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(bags, fc.constantFrom<Target>('lean', 'bridge'), async (documents, target) => {
        const place = makePlace();
        const texts = Object.fromEntries(documents.map(({ text }, index) => [`bag-${index}`, Buffer.from(text)]));
        const { of } = await migrate(place, texts, target);
        for (const [name, text] of Object.entries(texts)) {
          expect(of[name]!.outcome).toBe('migrated');
          const back = spelledMembers(await hydrate(place, of[name]!.bytes));
          expect(back.filter(({ name }) => name !== 'segment_manifest_s3_path')).toEqual(spelledMembers(text));
        }
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});
