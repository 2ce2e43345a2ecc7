import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { applySplices } from '../../src/json/index.js';
import { migrateBytes, offloaded } from './migrate.js';
import { programs } from './programs.js';
import { recordingBlobs } from './recording-blobs.js';
import type { RecordingBlobs } from './recording-blobs.js';

const corpus = process.env.STATEBAG_CORPUS;
const BUCKET = 'analemma-workflow-state-dev';

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

it('a recorded store is read by bucket and key', async () => {
  const blobs = await recordingBlobs({ [`${BUCKET}/a/b#c`]: 'x' }, { bucket: BUCKET });
  expect(Buffer.from(await blobs.get({ bucket: BUCKET, key: 'a/b#c' })).toString()).toBe('x');
});

/** A program without the spelling of its numbers and without `outgoing_edges`, which no runner reads. */
function meaningOf(text: string): unknown {
  if (!text.startsWith('{')) return text;
  return { ...(JSON.parse(text) as Record<string, unknown>), outgoing_edges: undefined };
}

// Recorded bags are not part of the project; whoever has a corpus names its folder.
if (corpus !== undefined) {
  const bags = filesIn(join(corpus, 'bags')).filter((file) => file.endsWith('.json') && !file.includes('INDEX'));
  const objects: Record<string, Uint8Array> = {};
  let blobs: RecordingBlobs;

  beforeAll(async () => {
    for (const file of filesIn(join(corpus, 's3'))) objects[file] = readFileSync(join(corpus, 's3', file));
    blobs = await recordingBlobs(objects, { bucket: BUCKET });
  });

  it.each(filesIn(join(corpus, 'new-era')).filter((file) => file.endsWith('.json')))(
    'a bag of a later backend is left alone: %s',
    async (file) => {
      const original = readFileSync(join(corpus, 'new-era', file));
      for (const target of ['lean', 'bridge'] as const)
        expect(await migrateBytes(original, blobs, { target })).toBeUndefined();
    },
  );

  describe.each(['lean', 'bridge'] as const)('a recorded bag becomes %s and nothing is lost', (target) => {
    it.each(bags)('%s', async (file) => {
      const original = readFileSync(join(corpus, 'bags', file));
      // Neither its config nor its manifest gives a segment, and a later run would write to the key of the manifest.
      if (file.endsWith('edge-cyclic.json'))
        return expect(migrateBytes(original, blobs, { target })).rejects.toMatchObject({ code: 'WORKFLOW_CYCLE' });
      const rewrite = await migrateBytes(original, blobs, { target });
      if (!rewrite) return;
      expect(Buffer.from(applySplices(rewrite.bytes, rewrite.inverse)).equals(original)).toBe(true);
      expect(await migrateBytes(rewrite.bytes, blobs, { target })).toBeUndefined();
      const [found, wanted] = [await programs(rewrite.bytes, blobs), await programs(original, blobs)];
      // Its config and the map stored next to it say the same with other spellings and other outgoing edges.
      expect(file.includes('chain310') ? found.map(meaningOf) : found).toEqual(
        file.includes('chain310') ? wanted.map(meaningOf) : wanted,
      );
      const [before, after] = [original, rewrite.bytes].map((bytes) => detect(byteReader, readDocument(bytes)).sites);
      for (const [index, site] of before!.entries())
        expect(await offloaded(after![index]!, blobs)).toEqual(await offloaded(site, blobs));
    });
  });
}
