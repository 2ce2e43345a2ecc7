import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { middyEntry, packageEntries } from './test/package-entries.js';
import { temporaryFiles } from './test/temporary-files.js';

/** Suites with a command of their own; CONTRIBUTING.md has a map. */
const LONG = ['test/sweeps/**', 'test/state-machines/**', 'test/real/**'];

/** These start processes, most of them from files of `dist`, watch which modules are loaded, or replace modules. */
const END_TO_END = [
  'test/{e2e,bench,recipes,runtime-proxy,vectors}/**/*.test.ts',
  'test/cli/start-up.test.ts',
  'test/migrations/version-3.test.ts',
];

/** They run commands, write files, wait, start processes, or read the whole tree. All others are quick. */
const INTEGRATION = [
  'test/{asl,batch,cli,lambda,locks,schema,store}/**/*.test.ts',
  'test/bag/{fixtures,fleet,layout,manifest,migrate.*,two-readers}.test.ts',
  'test/{inventory,release-0.1.0}.test.ts',
];

const LIMITS = { testTimeout: 30_000, hookTimeout: 60_000 };

/** One module graph for all files of a worker: to load it for each file takes longer than the tests. */
const SHARED_MODULES = { isolate: false };

export default defineConfig({
  resolve: { alias: [...packageEntries(), ...middyEntry()] },
  test: {
    // One more than there are cores: a quarter of the time, a worker waits for processes, disks and clocks.
    maxWorkers: availableParallelism() + 1,
    // The AWS SDK writes it in every worker on Node 20.
    execArgv: ['--disable-warning=NodeVersionSupportWarning'],
    env: temporaryFiles(),
    coverage: { include: ['src/**', 'migrations/**'], exclude: ['**/*.d.ts'] },
    projects: [
      {
        extends: true,
        test: {
          ...LIMITS,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...LONG, ...END_TO_END, ...INTEGRATION],
          ...SHARED_MODULES,
        },
      },
      {
        extends: true,
        test: {
          ...LIMITS,
          name: 'integration',
          include: INTEGRATION,
          exclude: [...configDefaults.exclude, ...END_TO_END],
          // It replaces functions of the file system, which must happen before any file of a worker loads the sources.
          setupFiles: ['test/fakes/faulty-disk.ts'],
          ...SHARED_MODULES,
        },
      },
      {
        extends: true,
        test: { ...LIMITS, name: 'e2e', include: END_TO_END, globalSetup: ['test/fresh-build.ts'] },
      },
    ],
  },
});
