import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('..', import.meta.url);

/**
 * The sources of the package's entries: `statebag-shim/s3` → the path of `src/store/s3.ts`. Tests import the package by
 * its name and run the code as it was edited, without a build.
 */
export function packageEntries(): readonly Alias[] {
  const { name, exports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as Manifest;
  return Object.entries(exports).flatMap(([path, entry]) =>
    typeof entry === 'string' ? [] : [{ find: exactly(name + path.slice(1)), replacement: sourceOf(entry.default) }],
  );
}

/**
 * The interpreter of state machines, which has a folder of its own because it needs another Node than the package. When
 * it is not installed, importing it fails with the path that is missing.
 */
export function interpreterEntry(): Alias {
  const entry = '.ci/state-machines/node_modules/aws-local-stepfunctions/build/main.node.esm.js';
  return { find: exactly('aws-local-stepfunctions'), replacement: fileURLToPath(new URL(entry, ROOT)) };
}

/**
 * middy from the folder that `STATEBAG_TEST_MIDDY` names, instead of the installed one. `.ci/middy/run.sh` runs tests
 * with each release that it supports.
 */
export function middyEntry(): readonly Alias[] {
  const folder = process.env.STATEBAG_TEST_MIDDY;
  return folder === undefined ? [] : [{ find: exactly('@middy/core'), replacement: join(folder, 'index.js') }];
}

interface Alias {
  readonly find: RegExp;
  readonly replacement: string;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

function exactly(specifier: string): RegExp {
  return new RegExp(`^${specifier}$`);
}

/** `./dist/src/index.js` → the path of `src/index.ts`. */
function sourceOf(built: string): string {
  return fileURLToPath(new URL(built.replace('./dist/', './').replace(/\.js$/, '.ts'), ROOT));
}
