import { configDefaults, defineConfig } from 'vitest/config';
import { packageEntries } from './test/package-entries.js';

export default defineConfig({
  resolve: { alias: [...packageEntries()] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/real/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**', 'migrations/**'], exclude: ['**/*.d.ts'] },
  },
});
