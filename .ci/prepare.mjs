import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Builds the package when npm installs it from git. pre-commit does so with `npm install --global git+file://…`; npm
 * then hands its --global to the install that should bring the development dependencies, and none are there.
 */

const cwd = fileURLToPath(new URL('..', import.meta.url));
const env = { ...process.env };
for (const name of Object.keys(env))
  if (/^npm_config_(global|location|prefix|local_prefix|omit)$/i.test(name)) delete env[name];

const run = (command) => execSync(command, { cwd, env, stdio: 'inherit' });

if (!existsSync(join(cwd, 'node_modules/typescript')))
  run('npm ci --ignore-scripts --include=dev --no-audit --no-fund');
run('node .ci/build/build.mjs --if-stale');
