import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import type { Target } from '../../migrations/index.js';
import { ByteDraft } from '../../src/bag/byte-draft.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { hydrateBag } from '../../src/bag/hydrate.js';
import { applySplices } from '../../src/json/index.js';
import { fatBag } from './bag-text.js';
import { migrateBytes } from './migrate.js';
import { recordingBlobs } from './recording-blobs.js';
import type { RecordingBlobs } from './recording-blobs.js';

const CONFIG = '{"nodes": [1.0]}';
const MAP = '[{"id": 0.0}]';

async function hydrated(text: string, blobs: RecordingBlobs): Promise<string> {
  const bytes = Buffer.from(text);
  const site = detect(byteReader, readDocument(bytes)).sites[0]!;
  const draft = new ByteDraft(site.value);
  await hydrateBag(byteReader, site, draft, MIGRATIONS, blobs);
  return Buffer.from(applySplices(bytes, draft.splices())).toString();
}

describe('a bag filled in again', () => {
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
    expect(await hydrated(text, await recordingBlobs({ 'local/c': CONFIG, 'local/m': MAP }))).toBe(expected);
  });

  it('is what it was before it was offloaded, but for the manifest path', async () => {
    await fc.assert(
      fc.asyncProperty(
        fatBag({ withTraces: false }),
        fc.constantFrom<Target>('lean', 'bridge'),
        async ({ text }, target) => {
          const blobs = await recordingBlobs();
          const { bytes } = (await migrateBytes(Buffer.from(text), blobs, { target }))!;
          const back = JSON.parse(await hydrated(Buffer.from(bytes).toString(), blobs)) as Record<string, unknown>;
          expect({ ...back, segment_manifest_s3_path: undefined }).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 100 },
    );
  });
});
