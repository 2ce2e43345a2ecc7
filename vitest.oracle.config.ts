import { defineConfig } from 'vitest/config';
import { packageEntries } from './test/package-entries.js';

/** The oracle: see docs/internals/oracle.md. `.ci/oracle/run` makes what it needs. */
export default defineConfig({
  resolve: { alias: [...packageEntries()] },
  server: { watch: null },
  test: {
    include: ['test/oracle/**/*.oracle.ts'],
    // Both builds run as Node runs them.
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    reporters: ['dot', './test/oracle/summary.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
