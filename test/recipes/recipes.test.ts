import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RecipePlace, ROOT } from './recipe-place.js';

let place: RecipePlace;

beforeAll(() => {
  expect(existsSync(join(ROOT, 'dist/src/cli/bin.js')), 'npm run build comes first').toBe(true);
});
beforeEach(() => {
  place = new RecipePlace();
});
afterEach(() => {
  place.remove();
});

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean; readonly description: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly [{ readonly id: string; readonly shell: string; readonly env: Record<string, string>; readonly run: string }] };
}

const action = parse(read('action.yml')) as Action;

/** Runs the step as the runner of GitHub does: inputs stand in its environment, what it sets in a file. */
function runAction(inputs: Readonly<Record<string, string>>): { readonly code: number | null; readonly out: string; readonly err: string; readonly output: string } {
  const [step] = action.runs.steps;
  const env = Object.entries(step.env).map(([name, value]) => {
    const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)![1]!;
    return [name, inputs[input] ?? action.inputs[input]!.default ?? ''];
  });
  place.put('github-output', '');
  const ran = place.bash(step.run, { ...(Object.fromEntries(env) as Record<string, string>), GITHUB_OUTPUT: 'github-output' });
  return { ...ran, output: place.read('github-output') };
}

describe('the GitHub Action', () => {
  it('passes for bags that are well', () => {
    const { code, out, output } = runAction({ paths: 'fixtures/bags\n' });
    expect([code, out, output]).toEqual([0, '1 documents, 1 valid, 0 invalid\n', 'exit-code=0\n']);
  });

  it('fails with annotations on the line of the member that came back', () => {
    place.putFat();
    const { code, out, output } = runAction({ paths: 'fixtures/bags\npackage.json\n' });
    expect([code, output]).toEqual([1, 'exit-code=1\n']);
    expect(out).toMatch(/^::error file=fixtures\/bags\/fat\.json,line=\d+,col=5,title=not \/state_data\/workflow_config::`workflow_config` is inline;/m);
    expect(out).toMatch(/^::error file=package\.json,line=1,col=1,title=SCHEMA_UNKNOWN::/m);
  });

  it('takes every input', () => {
    place.putFat('broken/fat.json');
    expect(runAction({ paths: 'broken', expect: 'invalid', schema: 'state-bag.v2' })).toMatchObject({ code: 0 });
    expect(runAction({ paths: 'fixtures/bags', 'max-bytes': '10', format: 'junit', output: 'report.xml' })).toMatchObject({ code: 1, out: '' });
    expect(place.read('report.xml')).toContain('type="maxBytes"');
    expect(runAction({ paths: 'fixtures/bags', store: 'nowhere' }).out).toContain('title=BUCKET_NOT_ALLOWED');
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
  it('names a command of the package, and files that a bag may be', () => {
    const [hook] = parse(read('.pre-commit-hooks.yaml')) as [{ id: string; entry: string; language: string; files: string }];
    expect(hook).toMatchObject({ id: 'statebag-validate', entry: 'statebag validate', language: 'node' });
    expect(Object.keys((JSON.parse(read('package.json')) as { bin: object }).bin)).toContain(hook.entry.split(' ')[0]);
    const files = new RegExp(hook.files);
    expect(['bags/a.json', 'x/state-bags/y/b.ndjson'].every((file) => files.test(file))).toBe(true);
    expect(['package.json', 'src/handbags/a.json', 'bags/a.txt'].some((file) => files.test(file))).toBe(false);
  });
});

describe('the GitLab job', () => {
  const block = /## GitLab\n+```yaml\n([\s\S]*?)```/.exec(read('docs/validate.md'))![1]!;
  const [job] = Object.values(parse(block) as Record<string, { script: string[]; artifacts: { when: string; reports: { junit: string } } }>);

  it('fails, and leaves the report it says it leaves', () => {
    place.putFat();
    // The package is not fetched in this test: npx takes what lies in node_modules.
    const script = job!.script.map((line) => line.replace(/--package \S+ /, '--no-install ')).join('\n');
    expect(place.bash(script).code).toBe(1);
    expect(place.read(job!.artifacts.reports.junit)).toMatch(/<testsuites name="statebag validate">[\s\S]*<failure /);
    expect(job!.artifacts.when).toBe('always');
  });
});
