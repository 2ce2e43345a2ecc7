import { defineConfig } from 'vitest/config';
import { interpreterEntry, packageEntries } from './test/package-entries.js';

/** Tests against real servers, which `.ci/real-servers/run.sh` starts and names in STATEBAG_TEST_S3_ENDPOINT. */
export default defineConfig({
  resolve: { alias: [...packageEntries(), interpreterEntry()] },
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: ['test/fresh-build.ts'],
    // Temporary files are on the disk here, as they are in production.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
