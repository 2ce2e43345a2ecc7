import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inputsDigest, outputsDigest, ROOT, STAMP, stalenessOfBuild } from './digests.mjs';

/*
 * Builds `dist`. With `--if-stale`, only when it is not the build of today's sources; it then says why, on standard
 * error.
 */

const STEPS = [
  ['schemas/generate.mjs'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ['src/cli/bundle.mjs'],
];

const onlyIfStale = process.argv.includes('--if-stale');
const reason = onlyIfStale ? stalenessOfBuild() : 'it was asked for';
if (reason !== undefined) {
  if (onlyIfStale) process.stderr.write(`Building dist: ${reason}.\n`);
  // Taken first: a source that is edited during the build makes it stale.
  const inputs = inputsDigest();
  // Files of sources that are gone must not stay in the package.
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  for (const step of STEPS) {
    const { status } = spawnSync(process.execPath, step, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) {
      process.stderr.write(`The build failed: node ${step.join(' ')}\n`);
      process.exit(status ?? 1);
    }
  }
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, `${JSON.stringify({ inputs, outputs: outputsDigest() })}\n`);
}
