import { defineConfig } from 'vitest/config';
import { interpreterEntry, packageEntries } from './test/package-entries.js';
import { temporaryFiles } from './test/temporary-files.js';

/** Executions of state machines. `.ci/state-machines/install.sh` installs their interpreter. */
export default defineConfig({
  resolve: { alias: [...packageEntries(), interpreterEntry()] },
  test: {
    include: ['test/state-machines/**/*.test.ts'],
    globalSetup: ['test/fresh-build.ts'],
    maxWorkers: '100%',
    execArgv: ['--disable-warning=NodeVersionSupportWarning'],
    env: temporaryFiles(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
