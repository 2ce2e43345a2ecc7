import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { leanBag, without } from '../validate/lean-bag.js';
import { action } from './action.js';
import { RecipePlace, ROOT } from './recipe-place.js';

let place: RecipePlace;

beforeEach(() => {
  place = new RecipePlace();
});
afterEach(() => {
  place.remove();
});

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const runAction = (inputs: Readonly<Record<string, string>>) => place.runAction(inputs);

describe('the GitHub Action', () => {
  it('passes for bags that are well', () => {
    const { code, out, output } = runAction({ paths: 'fixtures/bags\n' });
    expect([code, out, output]).toEqual([0, '1 documents, 1 valid, 0 invalid\n', 'exit-code=0\n']);
  });

  it('fails with annotations on the line of the member that came back', () => {
    place.putFat();
    const { code, out, output } = runAction({ paths: 'fixtures/bags\npackage.json\n' });
    expect([code, output]).toEqual([1, 'exit-code=1\n']);
    expect(out).toMatch(
      /^::error file=fixtures\/bags\/fat\.json,line=\d+,col=5,title=not \/state_data\/workflow_config::`workflow_config` is inline;/m,
    );
    expect(out).toMatch(/^::error file=package\.json,line=1,col=1,title=NOT_A_BAG::/m);
  });

  it('takes every input', () => {
    place.putFat('broken/fat.json');
    expect(runAction({ paths: 'broken', expect: 'invalid', schema: 'state-bag.v2' })).toMatchObject({ code: 0 });
    expect(
      runAction({ paths: 'fixtures/bags', 'max-bytes': '10', format: 'junit', output: 'report.xml' }),
    ).toMatchObject({ code: 1, out: '' });
    expect(place.read('report.xml')).toContain('type="maxBytes"');
    expect(runAction({ paths: 'fixtures/bags', store: 'nowhere' }).out).toContain('title=POINTER_NOT_ALLOWED');
    expect(runAction({ paths: 'no/such/**/*.json' })).toMatchObject({ code: 2, output: 'exit-code=2\n' });
  });

  it('takes paths for paths, whatever is in them', () => {
    const paths = 'a b.json\n$(touch pwned).json\n--format';
    expect(runAction({ paths }).code).toBe(2);
    expect(existsSync(join(place.dir, 'pwned'))).toBe(false);
  });

  it('describes its inputs, hands each to its step, and gives out what the step says', () => {
    const handed = Object.values(action.runs.steps[0].env).map((value) => /inputs\.([\w-]+)/.exec(value)![1]);
    expect(handed.sort()).toEqual(Object.keys(action.inputs).sort());
    for (const { description } of Object.values(action.inputs)) expect(description).toMatch(/\.$/);
    expect(action.outputs['exit-code']!.value).toBe(`\${{ steps.${action.runs.steps[0].id}.outputs.exit-code }}`);
    expect(action.runs.using).toBe('composite');
  });
});

describe('the pre-commit hook', () => {
  const [hook] = parse(read('.pre-commit-hooks.yaml')) as [
    { id: string; entry: string; language: string; files: string },
  ];

  /**
   * As pre-commit runs a hook: the words of its entry, and then the names of files that match, from the root of the
   * repository.
   */
  const runHook = (names: readonly string[]) => {
    const files = names.filter((name) => new RegExp(hook.files).test(name));
    return place.run(['node_modules/.bin/statebag', ...hook.entry.split(' ').slice(1), ...files]);
  };

  it('names a command of the package, and files that a bag may be', () => {
    expect(hook).toMatchObject({ id: 'statebag-validate', entry: 'statebag validate --', language: 'node' });
    expect(Object.keys((JSON.parse(read('package.json')) as { bin: object }).bin)).toContain(hook.entry.split(' ')[0]);
    const files = new RegExp(hook.files);
    expect(['bags/a.json', 'x/state-bags/y/b.ndjson'].every((file) => files.test(file))).toBe(true);
    expect(['package.json', 'src/handbags/a.json', 'bags/a.txt'].some((file) => files.test(file))).toBe(false);
  });

  it('takes names of files that look like options for names of files', () => {
    place.putFat('bags/bad.json');
    place.put('evil/bags/a.json', {});
    for (const folder of ['--schema=evil', '--expect=invalid', '--help', '-h', '--json', '--no-such-option', '--']) {
      place.put(`${folder}/bags/a.json`, {});
      const { code, out } = runHook([`${folder}/bags/a.json`, 'bags/bad.json', 'evil/bags/a.json']);
      expect([folder, code, out]).toEqual([
        folder,
        1,
        expect.stringMatching(/^bags\/bad\.json:[\s\S]*^3 documents, 0 valid, 3 invalid$/m),
      ]);
      expect(out).toContain(`${folder}/bags/a.json:1:1`);
    }
  });

  it('refuses an old bag', () => {
    place.put('bags/old.json', { ...without(leanBag, 'state_bag_version'), workflow_config: { nodes: [] } });
    expect(runHook(['bags/old.json'])).toMatchObject({ code: 1 });
  });
});

describe('the GitLab job', () => {
  const block = /## GitLab\n+```yaml\n([\s\S]*?)```/.exec(read('docs/validate.md'))![1]!;
  const [job] = Object.values(
    parse(block) as Record<string, { script: string[]; artifacts: { when: string; reports: { junit: string } } }>,
  );

  it('fails, and leaves the report it says it leaves', () => {
    place.putFat();
    const [install, ...script] = job!.script;
    // Installed from the registry by a user, outside of the checkout; here the built tool is on the path.
    expect(install).toMatch(/^\(cd \/ && npm install --global statebag-shim@\d+\.\d+\.\d+\)$/);
    expect(
      place.bash(script.join('\n'), { PATH: `${join(place.dir, 'node_modules/.bin')}:${process.env.PATH}` }).code,
    ).toBe(1);
    expect(place.read(job!.artifacts.reports.junit)).toMatch(/<testsuites name="statebag validate">[\s\S]*<failure /);
    expect(job!.artifacts.when).toBe('always');
  });
});
