import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFleet } from './fleet/fleet.js';
import { USUAL_MIX } from './fleet/variants/index.js';
import { writeFleet } from './fleet/write-fleet.js';

/*
 * The main job on the embedded store: example bags in the shapes and sizes of real ones, rewritten, verified, and put
 * back. Everything happens below .statebag-demo in the current directory.
 */

const ROOT = '.statebag-demo';
const BAGS = join(ROOT, 'bags');
const STORE = join(ROOT, 'store');
const JOURNAL = join(ROOT, 'journal');
const CLI = join(dirname(fileURLToPath(import.meta.url)), '../cli/statebag.cjs');

function statebag(...args: readonly string[]): void {
  process.stdout.write(`\n$ statebag ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [CLI, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function sizeOf(directory: string): number {
  return filesBelow(directory).reduce((sum, file) => sum + statSync(file).size, 0);
}

rmSync(ROOT, { recursive: true, force: true });
mkdirSync(BAGS, { recursive: true });
writeFleet(join(BAGS, 'headline'), makeFleet({ seed: 1, bags: 24, workflows: 4, size: 'headline' }), {
  form: 'files',
  storeDir: STORE,
});
writeFleet(join(BAGS, 'mixed'), makeFleet({ seed: 2, bags: 36, workflows: 6, size: 'small', mix: USUAL_MIX }), {
  form: 'files',
  storeDir: STORE,
});
const before = sizeOf(BAGS);
process.stdout.write(`${filesBelow(BAGS).length} example bags below ${BAGS}: ${(before / 1e6).toFixed(1)} MB\n`);

statebag('inspect', BAGS, '--store', STORE);
statebag('migrate', BAGS, '--store', STORE, '--journal', JOURNAL);
statebag('migrate', BAGS, '--store', STORE, '--journal', JOURNAL, '--apply');
statebag('verify', '--journal', JOURNAL);

const after = sizeOf(BAGS);
const saved = (100 * (1 - after / before)).toFixed(0);
process.stdout.write(
  `\nbefore → after: ${(before / 1e6).toFixed(1)} MB → ${(after / 1e6).toFixed(1)} MB (-${saved} %)\n`,
);
process.stdout.write(`Put every byte back with: npx statebag rollback --journal ${JOURNAL} --apply\n`);
