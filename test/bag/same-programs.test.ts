import { describe, expect, it } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { resolveSegment } from '../../src/bag/resolve.js';
import { StateBagError } from '../../src/errors.js';
import { migrateBytes } from './migrate.js';
import { readFixtures } from './read-fixtures.js';
import { recordingBlobs } from './recording-blobs.js';
import type { RecordingBlobs } from './recording-blobs.js';

/** One more than any fixture has segments. */
const INDEXES = [0, 1, 2, 3];

/** What each index of a document gives: the program as it is spelled, or the code of the error. */
async function programs(document: Uint8Array, blobs: RecordingBlobs): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const index of INDEXES) {
    const event = Buffer.concat([Buffer.from(`{"segment_index":${index},"Payload":`), document, Buffer.from('}')]);
    answers.push(await programOf(event, blobs));
  }
  return answers;
}

async function programOf(event: Uint8Array, blobs: RecordingBlobs): Promise<string> {
  try {
    const { segmentConfig } = await resolveSegment(byteReader, readDocument(event), blobs);
    return Buffer.from(byteReader.bytes(segmentConfig)).toString();
  } catch (error) {
    if (error instanceof StateBagError) return error.code;
    throw error;
  }
}

describe.each(['lean', 'bridge'] as const)('after a migration to %s every index leads to the program it led to before', (target) => {
  const migrating = readFixtures().filter(({ expected }) => 'bytes' in expected[target]);

  it.each(migrating.map((fixture) => [fixture.name, fixture] as const))('%s', async (_, { input, objects }) => {
    const blobs = await recordingBlobs(objects);
    const before = await programs(input, blobs);
    const rewrite = await migrateBytes(input, blobs, { target });
    expect(await programs(rewrite?.bytes ?? input, blobs)).toEqual(before);
  });
});
