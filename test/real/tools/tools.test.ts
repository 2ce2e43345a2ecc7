import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { schemaNames } from '../../../src/validate/index.js';
import { leanBag } from '../../validate/lean-bag.js';
import { RecipePlace, ROOT } from '../../recipes/recipe-place.js';
import { readFixtures } from '../../schemas/read-fixtures.js';

/** `.ci/real-tools/run.sh` installs them and names their directory. */
const tools = process.env.STATEBAG_TEST_TOOLS;
const tool = (name: string) => join(tools!, name);
const python = (...args: string[]) => spawnSync(tool('python/bin/python'), args, { encoding: 'utf8' });

let place: RecipePlace;
beforeEach(() => {
  place = new RecipePlace();
});
afterEach(() => {
  place.remove();
});

/**
 * Reports with everything in them that a report can have: faults, warnings, hostile names and messages, lines, torn
 * files.
 */
function report(format: string): string {
  place.putFat();
  place.put('fixtures/bags/<a> & "b"%,:한.json', { ...leanBag, '\u001b[31m<&>"': 1, workflow_config: 1 });
  place.put('fixtures/bags/near.json', { ...leanBag, current_state: 'x'.repeat(256_000) });
  place.put('fixtures/bags/torn.json', '{"a":\u0001');
  place.put('fixtures/bags/a#1?%25.txt', '');
  place.put('fixtures/bags/lines.ndjson', `{"a":1}\n${JSON.stringify(leanBag)}\n`);
  const { code, out } = place.bash(`node_modules/.bin/statebag validate fixtures/bags --format ${format}`);
  expect(code).toBe(1);
  return out;
}

/** What docs/validate.md tells users of jest to write. */
const JEST_TEST = `
import { stateBagMatchers } from 'statebag-shim/matchers';
expect.extend(stateBagMatchers);
const bag = LEAN;
test('is lean', () => { expect(bag).toBeLeanStateBag(); });
test('is not', () => { expect({ ...bag, workflow_config: { nodes: [] } }).toBeLeanStateBag(); });
`;

describe.skipIf(tools === undefined)('with real tools (.ci/real-tools/run.sh)', () => {
  it('a report in SARIF satisfies the schema of OASIS', () => {
    // Its patterns are older than the flag `u`.
    const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync(tool('sarif-schema-2.1.0.json'), 'utf8')) as object);
    const sarif = JSON.parse(report('sarif')) as { runs: [{ results: unknown[] }] };
    expect(sarif.runs[0].results.length).toBeGreaterThan(4);
    expect(validate(sarif), JSON.stringify(validate.errors)).toBe(true);
    const failed = JSON.parse(
      place.bash('node_modules/.bin/statebag validate no/*.json --format sarif || true').out,
    ) as { runs: [{ invocations: [{ executionSuccessful: boolean }] }] };
    expect([validate(failed), failed.runs[0].invocations[0].executionSuccessful]).toEqual([true, false]);
  });

  it('a report in JUnit XML satisfies the XSD that Jenkins goes by', () => {
    writeFileSync(join(place.dir, 'report.xml'), report('junit'));
    const { status, stderr } = python(
      '-c',
      'import sys, xmlschema; xmlschema.validate(sys.argv[1], sys.argv[2])',
      join(place.dir, 'report.xml'),
      tool('junit.xsd'),
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  it('jest takes the matcher, and says what it found', () => {
    symlinkSync(ROOT, join(place.dir, 'node_modules/statebag-shim'));
    place.put('bag.test.mjs', JEST_TEST.replace('LEAN', JSON.stringify(leanBag)));
    const jest = `'${process.execPath}' --experimental-vm-modules '${tool('jest/node_modules/jest/bin/jest.js')}'`;
    const { code, err } = place.bash(`${jest} --testMatch '**/*.test.mjs' --transform '{}' --ci`);
    expect([code, err]).toEqual([1, expect.stringMatching(/workflow_config/)]);
    expect(err).toContain('Tests:       1 failed, 1 passed, 2 total');
  });

  it("Python's jsonschema judges every fixture as the project does", () => {
    const fixtures = schemaNames.flatMap((name) => readFixtures(name));
    const lines = fixtures.map(({ schema, document }) =>
      JSON.stringify({ schema: `https://statebag-shim.dev/schemas/${schema}.json`, document }),
    );
    const out = execFileSync(
      tool('python/bin/python'),
      [join(ROOT, 'test/real/tools/judge.py'), join(ROOT, 'schemas')],
      { input: lines.join('\n'), encoding: 'utf8' },
    );
    const verdicts = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as boolean);
    const named = (judge: (index: number) => boolean) =>
      fixtures.map(({ schema, name }, index) => [schema, name, judge(index)]);
    expect(named((index) => verdicts[index]!)).toEqual(named((index) => fixtures[index]!.issues.length === 0));
    expect(fixtures.length).toBeGreaterThan(100);
  });

  it('pre-commit runs the hook on the files of a commit, and stops a bag that went fat', () => {
    const [hook] = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as [Record<string, unknown>];
    const local = { ...hook, language: 'system', entry: `node_modules/.bin/${String(hook.entry)}` };
    place.put('.pre-commit-config.yaml', stringify({ repos: [{ repo: 'local', hooks: [local] }] }));
    place.git('init', '-q');
    place.git('add', 'package.json', 'fixtures', '.pre-commit-config.yaml');
    const run = () =>
      place.bash(`'${tool('python/bin/pre-commit')}' run --all-files`, { PRE_COMMIT_HOME: join(place.dir, 'cache') });
    expect(run()).toMatchObject({ code: 0, out: expect.stringMatching(/state bags are valid.*Passed/) as string });
    place.putFat();
    place.git('add', 'fixtures');
    expect(run()).toMatchObject({ code: 1, out: expect.stringContaining('`workflow_config` is inline') as string });
  });

  it('the recipes satisfy the schemas of those who run them', () => {
    const gitlab = /## GitLab\n+```yaml\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/validate.md'), 'utf8'))![1]!;
    writeFileSync(join(place.dir, '.gitlab-ci.yml'), gitlab);
    const check = (schema: string, file: string) =>
      spawnSync(tool('python/bin/check-jsonschema'), ['--builtin-schema', schema, file], { encoding: 'utf8' });
    expect(check('vendor.github-actions', join(ROOT, 'action.yml'))).toMatchObject({ status: 0 });
    expect(check('vendor.gitlab-ci', join(place.dir, '.gitlab-ci.yml'))).toMatchObject({ status: 0 });
    expect(
      spawnSync(tool('python/bin/pre-commit'), ['validate-manifest', join(ROOT, '.pre-commit-hooks.yaml')]).status,
    ).toBe(0);
  });
});
