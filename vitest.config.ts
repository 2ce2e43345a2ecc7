import { configDefaults, defineConfig } from 'vitest/config';
import { packageEntries } from './test/package-entries.js';

/** Suites with a command of their own; CONTRIBUTING.md has a map. */
const LONG = ['test/sweeps/**', 'test/state-machines/**', 'test/real/**'];

/** These start processes, most of them from files of `dist`, or watch which modules are loaded. */
const END_TO_END = ['test/{e2e,bench,recipes,runtime-proxy,vectors}/**/*.test.ts', 'test/cli/start-up.test.ts'];

const LIMITS = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  resolve: { alias: [...packageEntries()] },
  test: {
    // By default, Vitest leaves one of two cores idle.
    maxWorkers: '100%',
    coverage: { include: ['src/**', 'migrations/**'], exclude: ['**/*.d.ts'] },
    projects: [
      {
        extends: true,
        test: {
          ...LIMITS,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...LONG, ...END_TO_END],
          // One module graph for all files of a worker: loading it for each file takes longer than the tests.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { ...LIMITS, name: 'e2e', include: END_TO_END, globalSetup: ['test/fresh-build.ts'] },
      },
    ],
  },
});
