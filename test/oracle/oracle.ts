import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { loadNew, loadOld } from './builds.js';
import type { Build } from './builds.js';
import type { Difference } from './compare.js';
import type { LibraryCase } from './inputs/library.js';
import { SEED } from './inputs/shapes.js';
import { digestOf, isRecording, keyOf, RECORDED } from './recorded.js';
import { judge } from './verdict.js';
import type { Verdict } from './verdict.js';
import { World } from './world.js';
import type { CommandCase } from './world.js';

/** What a test of the oracle tells the summary. */
export interface OracleMeta {
  readonly kind: string;
  readonly allowed: Verdict['allowed'];
  readonly milliseconds: number;
  /** Where recorded.tsv has the input, and the digest of its allowed differences; empty when there are none. */
  readonly key: string;
  readonly digest: string;
}

declare module 'vitest' {
  interface TaskMeta {
    oracle?: OracleMeta;
  }
}

/** One test for each input: both builds get it, and every difference must be an allowed one. */
export function compareCommands(inputs: readonly CommandCase[]): void {
  const builds = useBuilds();
  const world = useWorld();
  it.for(chosen(inputs).map((input) => [input.title, input] as const))('%s', async ([, input], context) => {
    const start = performance.now();
    const old = await world().outcome(builds.old(), input);
    const next = await world().outcome(builds.next(), input);
    settle(context, input, judge(input, old, next), performance.now() - start, world().dir);
  });
}

export function compareCalls(inputs: readonly LibraryCase[]): void {
  const builds = useBuilds();
  it.for(chosen(inputs).map((input) => [input.title, input] as const))('%s', async ([, input], context) => {
    const start = performance.now();
    const old = await input.call(builds.old());
    const next = await input.call(builds.next());
    settle(context, input, judge(input, old, next), performance.now() - start);
  });
}

/** Every N-th input when only a part is asked for: STATEBAG_ORACLE_PART=N. */
function chosen<T>(inputs: readonly T[]): readonly T[] {
  const every = Number(process.env.STATEBAG_ORACLE_PART ?? '1');
  return inputs.filter((_, at) => at % every === 0);
}

export function useBuilds(): { readonly old: () => Build; readonly next: () => Build } {
  let builds: readonly [Build, Build];
  beforeAll(async () => {
    builds = await Promise.all([loadOld(), loadNew()]);
  });
  return { old: () => builds[0], next: () => builds[1] };
}

export function useWorld(): () => World {
  let world: World;
  beforeAll(() => {
    world = new World(basename(expect.getState().testPath ?? 'suite', '.oracle.ts'));
  });
  afterAll(() => world.close());
  return () => world;
}

interface Titled {
  readonly kind: string;
  readonly title: string;
}

function settle(
  { task }: TestContext,
  { kind, title }: Titled,
  { allowed, unexplained, differences }: Verdict,
  milliseconds: number,
  dir = '',
): void {
  const [key, digest] = [keyOf(title), digestOf(differences, dir)];
  task.meta.oracle = { kind, allowed, milliseconds, key, digest };
  dump(kind, title, unexplained);
  expect(unexplained.map(line).join('\n'), 'differences that no rule of test/oracle/allowed.ts allows').toBe('');
  if (isRecording || SEED !== 1 || RECORDED.size === 0) return;
  const recorded = RECORDED.get(key) ?? '';
  expect(
    digest === recorded ? '' : differences.map(line).join('\n') || 'no difference',
    `each difference is allowed by a rule (${Object.keys(allowed).join(', ')}), but they are not the ones that ` +
      'test/oracle/recorded.tsv has. When all of them are meant, run .ci/oracle/run --record',
  ).toBe('');
}

function dump(kind: string, title: string, unexplained: readonly Difference[]): void {
  const file = process.env.STATEBAG_ORACLE_DUMP;
  if (file === undefined) return;
  for (const difference of unexplained) appendFileSync(file, `${JSON.stringify({ kind, title, ...difference })}\n`);
}

/** A difference in one line, for people. */
function line({ aspect, name, path, change, old, new: next }: Difference): string {
  return `${aspect} (${name}) ${change} at ${path === '' ? 'the whole' : path}: ${short(old)} → ${short(next)}`;
}

function short(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length > 240 ? `${text.slice(0, 240)}… (${text.length} characters)` : text;
}
