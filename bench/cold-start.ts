import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import type { Figure } from './figure.js';
import { interleave } from './median.js';
import { HANDLERS, inScratch } from './places.js';

/** Milliseconds from the beginning of the import of a bundled handler to its end, in a process of its own. */
export interface ColdStartResult {
  readonly s3Only: number;
  readonly withShim: number;
}

const NAMES = ['s3-only', 'with-shim'] as const;

/** How much longer a Lambda takes to load a bundled handler with the shim in it than one with the S3 client alone. */
export function benchColdStart(rounds: number): Promise<ColdStartResult> {
  return inScratch(async (directory) => {
    const bundles = await Promise.all(NAMES.map((name) => bundle(name, directory)));
    const medians = await interleave(
      bundles.map((file, index) => ({ name: NAMES[index]!, run: () => importTime(file) })),
      rounds,
      'returned',
    );
    return { s3Only: medians.get('s3-only')!, withShim: medians.get('with-shim')! };
  });
}

async function bundle(name: string, directory: string): Promise<string> {
  const file = join(directory, `${name}.mjs`);
  const build = await rolldown({ input: join(HANDLERS, `${name}.js`), platform: 'node', logLevel: 'silent' });
  await build.write({ file, format: 'esm', minify: true, codeSplitting: false });
  await build.close();
  return file;
}

function importTime(file: string): number {
  const program = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(performance.now() - start);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the bundled handler ${file} cannot be loaded: ${stderr}`);
  return Number(stdout.trim());
}

export function coldStartFigures({ s3Only, withShim }: ColdStartResult): readonly Figure[] {
  const remark = `import of a bundled handler: ${withShim.toFixed(0)} ms against ${s3Only.toFixed(0)} ms with the S3 client alone`;
  return [
    {
      bench: 'cold-start',
      what: 'what the shim adds',
      value: withShim - s3Only,
      unit: 'ms',
      target: { atMost: 15 },
      remark,
    },
  ];
}
