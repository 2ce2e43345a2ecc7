import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What `dist` is built from. `schemas/generated` is made by the build. */
const INPUTS = [
  'src',
  'migrations',
  'schemas',
  'examples',
  'bench',
  'inventory',
  // The bench imports them.
  'test/fakes',
  '.ci/build',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const GENERATED = 'schemas/generated';

/** Written as the last step of a build: digests of its inputs and outputs. */
export const STAMP = join(ROOT, 'dist/.built-from.json');

/** Digest of names and contents, so that times and hard links do not matter. */
export function inputsDigest() {
  return digest(INPUTS.flatMap((name) => filesBelow(join(ROOT, name))));
}

export function outputsDigest() {
  return digest([...filesBelow(join(ROOT, 'dist')), ...filesBelow(join(ROOT, GENERATED), true)]);
}

/** Undefined when `dist` is what a build of today's sources gives; otherwise the reason in words. */
export function stalenessOfBuild() {
  if (!existsSync(STAMP)) return 'there is no finished build';
  const { inputs, outputs } = JSON.parse(readFileSync(STAMP, 'utf8'));
  if (inputs !== inputsDigest()) return 'a source changed since the build';
  return outputs === outputsDigest() ? undefined : 'a built file changed since the build';
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const bytes = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function filesBelow(path, withGenerated = false) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const file = join(path, entry.name);
    if (file === STAMP || entry.name.endsWith('.tmp')) return [];
    if (entry.isDirectory())
      return file === join(ROOT, GENERATED) && !withGenerated ? [] : filesBelow(file, withGenerated);
    return entry.isFile() ? [file] : [];
  });
}
