import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../batch/world.js';
import { putFleet } from '../cli/fleet-dir.js';

const ROOT = join(import.meta.dirname, '../..');
const { bin, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly bin: { readonly statebag: string };
  readonly dependencies: Readonly<Record<string, string>>;
};

/** What a user gets as `statebag`. */
function statebag(directory: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, bin.statebag), ...args], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function bytesIn(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

describe('the command line as it is shipped', () => {
  it('migrates, verifies and rolls back', () => {
    const directory = temporaryDirectory();
    putFleet(directory, { variant: 'flat-jan18' });
    const before = bytesIn(join(directory, 'bags'));
    const common = ['--journal', 'journal', '--json'];
    expect(statebag(directory, 'migrate', 'bags', '--store', 'store', ...common, '--apply')).toMatchObject({
      status: 0,
    });
    expect(bytesIn(join(directory, 'bags'))).not.toEqual(before);
    expect(statebag(directory, 'verify', ...common)).toMatchObject({ status: 0 });
    expect(statebag(directory, 'report', '--journal', 'journal', '--html', 'report.html')).toMatchObject({ status: 0 });
    expect(existsSync(join(directory, 'report.html'))).toBe(true);
    expect(statebag(directory, 'rollback', ...common, '--apply')).toMatchObject({ status: 0 });
    expect(bytesIn(join(directory, 'bags'))).toEqual(before);
  });

  it('runs for a while without a word of V8, whatever flags of it are set meanwhile', async () => {
    const child = spawn(process.execPath, [join(ROOT, bin.statebag), 'validate', '-', '--json'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await sleep(1_000);
    child.stdin.end('{}');
    await once(child, 'close');
    expect(said).toBe('');
  });

  it('starts workers', () => {
    const directory = temporaryDirectory();
    putFleet(directory, { variant: 'flat-jan18' });
    const run = statebag(
      directory,
      'migrate',
      'bags',
      '--store',
      'store',
      '--journal',
      'journal',
      '--workers',
      '2',
      '--json',
      '--apply',
    );
    expect(run).toMatchObject({ status: 0 });
    expect(JSON.parse(run.stdout)).toMatchObject({ totals: { migrated: 6, failed: 0 } });
  });

  it.each([
    ['what is installed beside it', ['inspect', '--bogus'], 2, /USAGE: .*--bogus/],
    ['its own version', ['--version'], 0, /^\d+\.\d+\.\d+/],
    ['the schemas of the package', ['schema', 'diff', 'state-bag.v2', 'state-bag.fat', '--json'], 1, /state-bag/],
  ])('finds %s', (_, args, status, said) => {
    const run = statebag(temporaryDirectory(), ...args);
    expect(run.status).toBe(status);
    expect(run.stdout + run.stderr).toMatch(said);
  });

  it('says nothing of Node on standard error', () => {
    expect(statebag(temporaryDirectory(), '--help').stderr).toBe('');
  });

  it('carries the licences of what is in it', () => {
    const text = readFileSync(join(ROOT, bin.statebag, '../LICENSES.txt'), 'utf8');
    const code = readdirSync(join(ROOT, bin.statebag, '../chunks'))
      .map((file) => readFileSync(join(ROOT, bin.statebag, '../chunks', file), 'utf8'))
      .join('\n');
    const inside = Object.keys(dependencies).filter((name) => code.includes(`node_modules/${name}/`));
    expect(inside.length).toBeGreaterThan(3);
    for (const name of inside) expect(text).toContain(`${name} (`);
  });
});
