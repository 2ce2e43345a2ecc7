import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { action, stepEnvironment } from './action.js';
import { RecipePlace, ROOT } from './recipe-place.js';

let place: RecipePlace;
beforeEach(() => {
  place = new RecipePlace();
});
afterEach(() => {
  place.remove();
});

/** Everything in a checkout that a tool may run or read by itself; each piece leaves a file `planted` and passes. */
function plant(registry: string): void {
  const trap = join(place.dir, 'trap.cjs');
  place.put(
    'trap.cjs',
    `require('fs').appendFileSync(${JSON.stringify(join(place.dir, 'planted'))}, process.argv.join(' ') + '\\n'); console.log('PLANTED CODE RAN');`,
  );
  const script = `#!/bin/sh\nexec '${process.execPath}' '${trap}' "$0"\n`;
  mkdirSync(join(place.dir, 'node_modules/.bin'), { recursive: true });
  for (const name of ['statebag', 'node', 'npm', 'npx', 'tsc']) {
    for (const path of [`node_modules/.bin/${name}`, name])
      writeFileSync(join(place.dir, path), script, { mode: 0o755 });
  }
  place.put('node_modules/statebag-shim/package.json', {
    name: 'statebag-shim',
    version: '9.9.9',
    bin: { statebag: 'x.cjs' },
  });
  place.put('node_modules/statebag-shim/x.cjs', `require('${trap}')`);
  place.put('node_modules/ajv/package.json', { name: 'ajv', main: '../../trap.cjs' });
  const scripts = Object.fromEntries(
    ['preinstall', 'install', 'postinstall', 'prepare', 'prebuild', 'build'].map((name) => [name, `node ${trap}`]),
  );
  place.put('package.json', {
    name: 'user',
    private: true,
    scripts,
    workspaces: ['*'],
    dependencies: { 'statebag-shim': '*' },
  });
  place.put(
    '.npmrc',
    `registry=${registry}\nscript-shell=${join(place.dir, 'node')}\nnode-options=--require ${trap}\ncache=${join(place.dir, 'cache')}\n`,
  );
  place.put('home/.npmrc', `registry=${registry}\nnode-options=--require ${trap}\n`);
  place.put('.tool-versions', `nodejs path:${place.dir}\n`);
}

/** Serves one tarball under any name, and tells what it was asked for. */
async function startRegistry(
  tarball: Uint8Array,
): Promise<{ readonly url: string; readonly asked: string[]; readonly stop: () => Promise<void> }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(tarball);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked, stop };
}

/**
 * A directory of an action as GitHub puts it down: a lock file, nothing installed, nothing built. Its build needs its
 * package.
 */
function putAction(tarball: Uint8Array, registry: string): string {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dependencies = { 'small-package': '1.0.0' };
  const scripts = { build: 'node build.mjs', prepare: 'exit 3' };
  const resolved = 'https://registry.npmjs.org/small-package/-/small-package-1.0.0.tgz';
  const packages = {
    '': { name: 'action', version: '1.0.0', devDependencies: dependencies },
    'node_modules/small-package': { version: '1.0.0', dev: true, resolved, integrity },
  };
  place.put('../action/package.json', { name: 'action', version: '1.0.0', scripts, devDependencies: dependencies });
  place.put('../action/package-lock.json', {
    name: 'action',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages,
  });
  place.put('../action/.npmrc', `registry=${registry}\nfetch-retries=0\n`);
  place.put(
    '../action/build.mjs',
    `import 'small-package'; import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('dist/cli', { recursive: true }); writeFileSync('dist/cli/statebag.cjs', 'require(${JSON.stringify(join(ROOT, 'dist/cli/statebag.cjs'))})');`,
  );
  return join(place.dir, '../action');
}

function packSmall(): Uint8Array {
  place.put('../pack/package/package.json', {
    name: 'small-package',
    version: '1.0.0',
    main: 'index.js',
    scripts: { install: 'exit 4' },
  });
  place.put('../pack/package/index.js', '');
  execFileSync('tar', ['-czf', 'p.tgz', 'package'], { cwd: join(place.dir, '../pack') });
  return readFileSync(join(place.dir, '../pack/p.tgz'));
}

/** Not `spawnSync`: the registries answer from this process. */
function runStep(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const options = { cwd: place.dir, env: { ...process.env, NO_COLOR: '1', ...env } };
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', action.runs.steps[0].run],
      options,
      (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      },
    );
  });
}

describe('the GitHub Action runs nothing of the checkout', () => {
  it('runs the tool of its own directory when the checkout has one of its own', () => {
    plant('http://127.0.0.1:9/');
    place.putFat();
    const { code, out, output } = place.runAction({ paths: 'fixtures/bags' }, { HOME: join(place.dir, 'home') });
    expect([code, output, out]).toEqual([
      1,
      'exit-code=1\n',
      expect.stringContaining('::error file=fixtures/bags/fat.json'),
    ]);
    expect(out).not.toContain('PLANTED');
    expect(existsSync(join(place.dir, 'planted'))).toBe(false);
  });

  it('installs and builds in its own directory, by its own lock file, and asks no registry that the checkout names', async () => {
    const tarball = packSmall();
    const [good, evil] = [await startRegistry(tarball), await startRegistry(tarball)];
    try {
      plant(evil.url);
      place.putFat();
      place.put('github-output', '');
      const runner = {
        GITHUB_ACTION_PATH: putAction(tarball, good.url),
        GITHUB_OUTPUT: 'github-output',
        RUNNER_TEMP: join(place.dir, '../temp'),
        HOME: join(place.dir, 'home'),
        NODE_ENV: 'production',
      };
      const run = () => runStep({ ...stepEnvironment({ paths: 'fixtures/bags' }), ...runner });
      const { code, out, err } = await run();
      expect([code, out, err]).toEqual([
        1,
        expect.stringContaining('::error file=fixtures/bags/fat.json'),
        expect.not.stringContaining('PLANTED'),
      ]);
      expect([good.asked, evil.asked]).toEqual([['/small-package/-/small-package-1.0.0.tgz'], []]);
      expect(existsSync(join(place.dir, 'planted'))).toBe(false);
      expect(existsSync(join(place.dir, 'cache'))).toBe(false);
      // The second step of a job takes what the first one built.
      expect([(await run()).code, good.asked.length]).toEqual([1, 1]);
    } finally {
      await Promise.all([good.stop(), evil.stop()]);
    }
  }, 60_000);

  it('fails when its own package cannot be installed as locked', async () => {
    const tarball = packSmall();
    const registry = await startRegistry(Buffer.from('another package'));
    try {
      const runner = {
        GITHUB_ACTION_PATH: putAction(tarball, registry.url),
        GITHUB_OUTPUT: 'github-output',
        RUNNER_TEMP: join(place.dir, '../temp'),
      };
      const { code, out } = await runStep({ ...stepEnvironment({ paths: 'fixtures/bags' }), ...runner });
      expect([code > 0, out]).toEqual([true, '']);
    } finally {
      await registry.stop();
    }
  }, 60_000);

  it('replaces a link that has the name of the report', () => {
    place.put('../outside', 'untouched');
    symlinkSync('../outside', join(place.dir, 'report.xml'));
    expect(place.runAction({ paths: 'fixtures/bags', format: 'junit', output: 'report.xml' }).code).toBe(0);
    expect([place.read('../outside'), place.read('report.xml')]).toEqual([
      'untouched',
      expect.stringContaining('<testsuites'),
    ]);
  });

  describe('and writes no report outside of the checkout through a folder of it', () => {
    const run = (output: string, env: Readonly<Record<string, string>> = {}) =>
      place.runAction({ paths: 'fixtures/bags', format: 'sarif', output }, { GITHUB_WORKSPACE: place.dir, ...env });

    it.each([
      ['a linked folder', 'rep/x.sarif'],
      ['a linked folder and a folder in it', 'rep/deep/x.sarif'],
      ['a linked folder in a folder', './fixtures/rep/x.sarif'],
      ['two dots', '../outside/x.sarif'],
    ])('that it is given as %s', (_, output) => {
      place.put('../outside/deep/x.sarif', 'untouched');
      place.put('../outside/x.sarif', 'untouched');
      symlinkSync('../outside', join(place.dir, 'rep'));
      symlinkSync('../../outside', join(place.dir, 'fixtures/rep'));
      const { code, out, err, output: outputs } = run(output);
      expect([code, out, outputs]).toEqual([2, '', 'exit-code=2\n']);
      expect(err).toContain(`the report ${output} would be written outside of the checkout`);
      expect([place.read('../outside/x.sarif'), place.read('../outside/deep/x.sarif')]).toEqual([
        'untouched',
        'untouched',
      ]);
    });

    it('but to an absolute path, which the workflow names, and to a linked folder inside', () => {
      place.put('reports/keep', '');
      place.put('../outside/keep', '');
      symlinkSync('reports', join(place.dir, 'rep'));
      const absolute = join(place.dir, '../outside/x.sarif');
      expect([run('rep/x.sarif').code, run(absolute).code]).toEqual([0, 0]);
      expect([existsSync(join(place.dir, 'reports/x.sarif')), existsSync(absolute)]).toEqual([true, true]);
    });

    it('when the workspace itself is a linked path', () => {
      symlinkSync(place.dir, join(place.dir, '../linked'));
      expect(run('x.sarif', { GITHUB_WORKSPACE: join(place.dir, '../linked') }).code).toBe(0);
    });

    it('nor to a folder that is not there', () => {
      const { code, err } = run('missing/x.sarif');
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('the folder of the report missing/x.sarif is not there'),
      ]);
    });
  });

  it('names no package to install and no command of the path but node and npm', () => {
    expect(Object.keys(action.inputs)).not.toContain('package');
    expect(action.runs.steps[0].run).not.toMatch(/npx|npm exec|node_modules|statebag-shim@/);
  });
});
