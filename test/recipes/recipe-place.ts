import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leanBag } from '../bag/validate/lean-bag.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A repository of a user: bags under `fixtures/bags`, and the built command line installed. */
export class RecipePlace {
  readonly dir = mkdtempSync(join(tmpdir(), 'statebag-recipe-'));

  constructor() {
    mkdirSync(join(this.dir, 'node_modules', '.bin'), { recursive: true });
    // npm makes the file executable when it installs a package; the build does not.
    writeFileSync(join(this.dir, 'node_modules/.bin/statebag'), `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/src/cli/bin.js')}' "$@"\n`, { mode: 0o755 });
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
  bash(script: string, env: Readonly<Record<string, string>> = {}): { readonly code: number | null; readonly out: string; readonly err: string } {
    const options = { cwd: this.dir, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...env } } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], options);
    return { code: status, out: stdout, err: stderr };
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: this.dir, encoding: 'utf8' });
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
