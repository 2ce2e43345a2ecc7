import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The package itself, found by its name: sources and build lie at different depths below it. */
const ROOT = dirname(createRequire(import.meta.url).resolve('statebag-shim/package.json'));

/** The command line as it is shipped; `npm run build` makes it. */
export const CLI = join(ROOT, 'dist/cli/statebag.cjs');

/** The built runtime proxy, and one that only passes bytes on. */
export const RUNTIME_PROXY = join(ROOT, 'dist/src/runtime-proxy/bin.js');
export const BARE_PROXY = join(ROOT, 'dist/bench/bare-proxy.js');

export const NODE_PEER = join(ROOT, 'dist/bench/round-trip-lines.js');
/** Runners to be bundled. */
export const HANDLERS = join(ROOT, 'dist/bench/handlers');

export const PYTHON_VALIDATE_PEER = join(ROOT, 'bench/peers/validate.py');
export const LEAN_SCHEMA = join(ROOT, 'schemas/state-bag.v2.json');

/** What `.ci/real-tools/install.sh` has installed. */
export const TOOLS = join(ROOT, '.real-servers/tools');

export const PYTHON_PEER = join(ROOT, 'bench/peers/round_trip.py');

/** Gives the work a directory of its own, which is gone afterwards. */
export async function inScratch<T>(work: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'statebag-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
