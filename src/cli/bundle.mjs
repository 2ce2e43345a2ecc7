import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/*
 * Makes `dist/cli` of `dist/src/cli`: the command line in a few files of CommonJS. Loading it module by module takes as
 * long as Node's own start; `statebag validate` in a hook is started for every commit.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'dist/cli');

/**
 * Small packages that every command needs, or that are ES modules only; all others are loaded from where they are
 * installed.
 */
const BUNDLED = [
  '@hyperjump/browser',
  '@hyperjump/json-schema',
  'cli-progress',
  'cli-table3',
  'd3-array',
  'd3-scale',
  'lru-cache',
  'p-map',
  'picocolors',
  'tinyglobby',
];

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const external = Object.keys(dependencies)
  .filter((name) => !BUNDLED.includes(name))
  .map((name) => new RegExp(`^${name}(/|$)`));

rmSync(out, { recursive: true, force: true });
const entries = [
  { statebag: join(root, 'dist/src/cli/bin.js') },
  // A thread of its own, in which a schema of the user is applied. It shares no file with the command line, which would
  // then be loaded in more pieces.
  { 'schema-worker': join(root, 'dist/src/cli/schema-worker/worker.js') },
];
const output = [];
for (const input of entries) {
  const build = await rolldown({ input, platform: 'node', external, logLevel: 'warn' });
  const written = await build.write({
    dir: out,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
  });
  output.push(...written.output);
  await build.close();
}

/** Folders of the packages whose code is in the bundle. */
const packages = new Set(
  output
    .flatMap(({ moduleIds = [] }) => moduleIds)
    .map((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1])
    .filter((folder) => folder !== undefined),
);
const licences = [...packages].sort().map((folder) => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const { name, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} (${license})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()}\n`;
});
writeFileSync(
  join(out, 'LICENSES.txt'),
  `Code of these packages is part of the files beside this one.\n\n${licences.join('\n---\n\n')}`,
);
process.stdout.write(`dist/cli: ${output.length} files, with code of ${packages.size} packages\n`);
