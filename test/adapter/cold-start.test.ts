import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../src');

/** Every module that importing a file loads, by what its source says; types are erased and load nothing. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*?from '([^']+)';$/gm,
  )) {
    if (specifier!.startsWith('.')) loadedBy(resolve(dirname(file), specifier!.replace(/\.js$/, '.ts')), seen);
    else seen.add(specifier!);
  }
  return seen;
}

describe('a cold start', () => {
  const packages = (file: string) =>
    [...loadedBy(resolve(ROOT, file))].filter((name) => !name.startsWith('/') && !name.startsWith('node:'));

  test.each(['index.ts', 'shim/middy.ts'])(
    'of %s loads one small package and no SDK, parser of arguments or schema compiler',
    (file) => {
      expect(packages(file).filter((name) => name !== 'lru-cache')).toEqual([]);
    },
  );

  test("loads only the lean bag's validator and the rules of what is offloaded", () => {
    const validators = [...loadedBy(resolve(ROOT, 'index.ts'))].filter((name) => name.includes('schemas/generated'));
    expect(validators.map((name) => name.split('/').at(-1)).sort()).toEqual([
      'lean-bag.ts',
      'offload-rules.ts',
      'state-bag.v2.ts',
    ]);
  });

  test('of a bundle that makes a shim loads no validator', async () => {
    const entry = resolve(ROOT, '../package.json');
    const build = await rolldown({
      input: 'entry',
      platform: 'node',
      plugins: [
        {
          name: 'entry',
          resolveId: (id: string) => (id === 'entry' ? resolve(dirname(entry), 'entry.js') : undefined),
          load: (id: string) =>
            id.endsWith('/entry.js') ? "export { createStateBagShim } from 'statebag-shim';" : undefined,
        },
      ],
    });
    const { output } = await build.generate({ format: 'esm' });
    await build.close();
    const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    expect(modules.filter((name) => name.includes('/shim/shim.'))).toHaveLength(1);
    expect(modules.filter((name) => name.includes('/validators/'))).toEqual([]);
  });
});
