import { defineConfig } from 'vitest/config';
import { packageEntries } from './test/package-entries.js';
import { temporaryFiles } from './test/temporary-files.js';

/** Searches over all crash points, random runs and large inputs. They take minutes; `.ci/run` runs them. */
export default defineConfig({
  resolve: { alias: [...packageEntries()] },
  test: {
    include: ['test/sweeps/**/*.test.ts'],
    globalSetup: ['test/fresh-build.ts'],
    maxWorkers: '100%',
    execArgv: ['--disable-warning=NodeVersionSupportWarning'],
    env: temporaryFiles(),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
