import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leanBag } from '../validate/lean-bag.js';
import { action, stepEnvironment } from './action.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A repository of a user: bags under `fixtures/bags`, and the built command line installed. */
export class RecipePlace {
  private readonly root = mkdtempSync(join(tmpdir(), 'statebag-recipe-'));
  /** The checkout. Next to it there is room for what is not part of it. */
  readonly dir = join(this.root, 'repository');

  constructor() {
    mkdirSync(join(this.dir, 'node_modules', '.bin'), { recursive: true });
    // npm makes the file executable when it installs a package; the build does not.
    writeFileSync(
      join(this.dir, 'node_modules/.bin/statebag'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/src/cli/bin.js')}' "$@"\n`,
      { mode: 0o755 },
    );
    this.put('package.json', { name: 'user', private: true });
    this.put('fixtures/bags/lean.json', leanBag);
  }

  put(path: string, value: unknown): void {
    const file = join(this.dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  }

  putFat(path = 'fixtures/bags/fat.json'): void {
    this.put(path, { state_data: { ...leanBag, workflow_config: { nodes: [] } } });
  }

  read(path: string): string {
    return readFileSync(join(this.dir, path), 'utf8');
  }

  copy(path: string): void {
    cpSync(join(ROOT, path), join(this.dir, path));
  }

  /** As a CI runner starts the lines of a step. */
  bash(script: string, env: Readonly<Record<string, string>> = {}): Ran {
    return this.run(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script], env);
  }

  /** A program with its arguments, without a shell. */
  run([file = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    const { status, stdout, stderr } = spawnSync(file, args, {
      cwd: this.dir,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    return { code: status, out: stdout, err: stderr };
  }

  /**
   * Runs the step of the GitHub Action. This repository, built, is the directory of the action unless `env` names
   * another.
   */
  runAction(
    inputs: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Ran & { readonly output: string } {
    this.put('github-output', '');
    const runner = {
      GITHUB_ACTION_PATH: ROOT,
      GITHUB_OUTPUT: 'github-output',
      RUNNER_TEMP: join(this.dir, '..'),
      GITHUB_WORKSPACE: this.dir,
    };
    const ran = this.bash(action.runs.steps[0].run, { ...stepEnvironment(inputs), ...runner, ...env });
    return { ...ran, output: this.read('github-output') };
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: this.dir,
      encoding: 'utf8',
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
