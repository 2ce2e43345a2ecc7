import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { memoryObjectStore } from 'statebag-shim/memory';
import { overObjects, useAdapters } from './adapters.js';
import { applicationSuite, plainApplicationSuite } from './application.suite.js';

const adapterOf = useAdapters();
const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'statebag-application-'));
  directories.push(directory);
  return directory;
}

plainApplicationSuite();

applicationSuite(
  'wrap, with blobs in memory',
  () => {
    const objects = memoryObjectStore();
    return (options) => Promise.resolve(overObjects(options, objects));
  },
  { schedules: ['lean runners', 'fat runners', 'fat and lean runners in turn'] },
);

applicationSuite(
  'wrap, with blobs in files',
  () => {
    const directory = newDirectory();
    return (options) => Promise.resolve(overObjects({ ...options, directory }));
  },
  { schedules: ['lean and fat runners in turn'] },
);

applicationSuite('the proxy, with blobs in files', () => {
  const directory = newDirectory();
  return (options, apart) => adapterOf('bytes', { ...options, directory }, apart);
});
