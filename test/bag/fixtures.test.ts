import { describe, expect, it } from 'vitest';
import type { Target } from '../../migrations/index.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { StateBagError } from 'statebag-shim';
import { applySplices } from '../../src/json/index.js';
import { migrateBytes, offloaded } from './migrate.js';
import { readFixtures, writeExpected } from './read-fixtures.js';
import type { BagFixture, Expected } from './read-fixtures.js';
import { recordingBlobs } from './recording-blobs.js';

const TARGETS = ['lean', 'bridge'] as const;

async function outcomeOf(fixture: BagFixture, target: Target): Promise<Expected> {
  try {
    const rewrite = await migrateBytes(fixture.input, await recordingBlobs(fixture.objects), { target });
    return { bytes: Buffer.from(rewrite?.bytes ?? fixture.input) };
  } catch (error) {
    if (error instanceof StateBagError) return { code: error.code };
    throw error;
  }
}

const fixtures = readFixtures();

// `UPDATE=1` writes down what the code does now; whoever uses it reads the difference before it is committed.
if (process.env.UPDATE === '1') {
  for (const fixture of fixtures)
    writeExpected(fixture.name, { lean: await outcomeOf(fixture, 'lean'), bridge: await outcomeOf(fixture, 'bridge') });
}

describe.each(TARGETS)('a migration to %s', (target) => {
  const expected = readFixtures();

  it.each(expected.map((fixture) => [fixture.name, fixture] as const))('%s', async (_, fixture) => {
    const outcome = await outcomeOf(fixture, target);
    const wanted = fixture.expected[target];
    expect('bytes' in outcome ? outcome.bytes.toString() : outcome.code).toBe(
      'bytes' in wanted ? wanted.bytes.toString() : wanted.code,
    );
  });

  it('is undone byte for byte, and done twice changes nothing', async () => {
    for (const {
      input,
      objects,
      expected: { [target]: wanted },
    } of expected) {
      if ('code' in wanted) continue;
      const blobs = await recordingBlobs(objects);
      const rewrite = await migrateBytes(input, blobs, { target });
      if (!rewrite) continue;
      expect(Buffer.from(applySplices(rewrite.bytes, rewrite.inverse)).equals(input)).toBe(true);
      expect(await migrateBytes(rewrite.bytes, blobs, { target })).toBeUndefined();
    }
  });

  it('leaves every value it takes out where the bag says it is', async () => {
    for (const {
      name,
      input,
      objects,
      expected: { [target]: wanted },
    } of expected) {
      if ('code' in wanted || name.includes('yields-to-the-path')) continue;
      const blobs = await recordingBlobs(objects);
      const rewrite = await migrateBytes(input, blobs, { target });
      if (!rewrite) continue;
      const before = detect(byteReader, readDocument(input)).sites;
      const after = detect(byteReader, readDocument(rewrite.bytes)).sites;
      expect(after.map((site) => site.path)).toEqual(before.map((site) => site.path));
      for (const [index, site] of before.entries())
        expect(await offloaded(after[index]!, blobs)).toEqual(await offloaded(site, blobs));
    }
  });
});
