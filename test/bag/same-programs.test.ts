import { describe, expect, it } from 'vitest';
import { migrateBytes } from './migrate.js';
import { programs } from './programs.js';
import { readFixtures } from './read-fixtures.js';
import { recordingBlobs } from './recording-blobs.js';

describe.each(['lean', 'bridge'] as const)(
  'after a migration to %s every index leads to the program it led to before',
  (target) => {
    const migrating = readFixtures().filter(({ expected }) => 'bytes' in expected[target]);

    it.each(migrating.map((fixture) => [fixture.name, fixture] as const))('%s', async (_, { input, objects }) => {
      const blobs = await recordingBlobs(objects);
      const before = await programs(input, blobs);
      const rewrite = await migrateBytes(input, blobs, { target });
      expect(await programs(rewrite?.bytes ?? input, blobs)).toEqual(before);
    });
  },
);
