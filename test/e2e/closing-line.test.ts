import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'statebag-reporter-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The exit code and the last line of a run over one file of tests. */
function runTests(code: string | undefined): readonly [exitCode: number | null, line: string | undefined] {
  if (code !== undefined)
    writeFileSync(
      join(folder, 'some.test.mjs'),
      `import { afterAll, beforeAll, describe, expect, it } from 'vitest';\n${code}`,
    );
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${join(ROOT, '.ci/closing-line.mjs')}`];
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--root', folder, ...reporters], {
    encoding: 'utf8',
  });
  return [status, stdout.trim().split('\n').at(-1)];
}

const PASSING = `it('a', () => {});`;

it.each([
  [
    'passing, skipped and expected failures',
    `${PASSING} it.skip('b', () => {}); it.fails('c', () => { throw new Error(); });`,
    0,
    '2 passed, 0 failed, 1 skipped',
  ],
  ['a failing test', `${PASSING} it('b', () => { expect(1).toBe(2); });`, 1, '1 passed, 1 failed'],
  ['a file that does not load', 'throw new Error();', 1, '0 passed, 1 failed'],
  [
    'a hook that fails before',
    `beforeAll(() => { throw new Error(); }); ${PASSING}`,
    1,
    '0 passed, 1 failed, 1 skipped',
  ],
  ['a hook that fails afterwards', `afterAll(() => { throw new Error(); }); ${PASSING}`, 1, '1 passed, 1 failed'],
  ['an unhandled error', `it('a', () => { Promise.reject(new Error()); });`, 1, '1 passed, 1 failed'],
  ['no file', undefined, 1, '0 passed, 1 failed'],
])('the closing line of a run with %s counts what failed', (_what, code, exitCode, counts) => {
  expect(runTests(code)).toEqual([exitCode, counts]);
});
