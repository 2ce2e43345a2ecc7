import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly default?: string; readonly required?: boolean; readonly description: string }>
  >;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly [
      { readonly id: string; readonly shell: string; readonly env: Record<string, string>; readonly run: string },
    ];
  };
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;

/** The environment of the step, as the runner of GitHub fills it from the inputs. */
export function stepEnvironment(inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const env = Object.entries(action.runs.steps[0].env).map(([name, value]) => {
    const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)![1]!;
    return [name, inputs[input] ?? action.inputs[input]!.default ?? ''] as const;
  });
  return Object.fromEntries(env);
}
