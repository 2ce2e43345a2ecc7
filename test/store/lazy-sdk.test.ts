import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)';/gms;

/** Every module and package that loading a source file loads with it. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    if (target.startsWith('.')) loadedBy(resolve(dirname(file), target.replace(/\.js$/, '.ts')), seen);
    else seen.add(target);
  }
  return seen;
}

const source = (name: string): string => fileURLToPath(new URL(`../../src/store/${name}`, import.meta.url));

it.each(['index.ts', 'open.ts', 'fs.ts', 'memory.ts', 'blob-store.ts'])('loads no AWS SDK with %s', (name) => {
  expect([...loadedBy(source(name))].filter((module) => /@aws-sdk|s3-?\w*\.ts$/.test(module))).toEqual([]);
});

it('loads the SDK with the S3 driver, but not its upload library', () => {
  const loaded = loadedBy(source('s3.ts'));
  expect(loaded).toContain('@aws-sdk/client-s3');
  expect(loaded).not.toContain('@aws-sdk/lib-storage');
});
