import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { loadNew, loadOld } from './builds.js';
import type { Build } from './builds.js';
import type { Difference, Item } from './compare.js';
import type { LibraryCase } from './inputs/library.js';
import { SEED } from './inputs/shapes.js';
import { changedRules, groupsOf, isRecording, keyOf, RECORDED, withoutPlace } from './recorded.js';
import type { Ran } from './recorded.js';
import { judge } from './verdict.js';
import type { Verdict } from './verdict.js';
import { World } from './world.js';
import type { CommandCase } from './world.js';

/** What a test of the oracle tells the summary. */
export interface OracleMeta extends Ran {
  readonly kind: string;
  readonly milliseconds: number;
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
    for (const items of [old, next]) expectReport(input, items);
    settle(context, input, judge(input, old, next), performance.now() - start);
  });
}

/** An input that does not show what it is for is no input. */
function expectReport({ reports }: LibraryCase, items: readonly Item[]): void {
  if (reports === undefined) return;
  const texts = items.filter(({ aspect }) => aspect === 'diagnostic').map(({ name, text }) => `${name} ${text}`);
  expect(texts.join('\n')).toMatch(reports);
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

/** A change of the recording is shown by this many kinds of differences of one rule in one input. */
const SHOWN = 12;

function settle(
  { task }: TestContext,
  { kind, title }: Titled,
  { allowed, unexplained }: Verdict,
  milliseconds: number,
  dir = '',
): void {
  const [key, groups] = [keyOf(title), groupsOf(allowed, dir)];
  const changed = SEED === 1 ? changedRules(RECORDED.get(key), groups) : [];
  const changes = Object.fromEntries(
    changed.map((rule): [string, string[]] => {
      // The recording does not say which of them is new, so one of each kind is shown.
      const kinds = new Map<string, Difference[]>();
      for (const difference of allowed.get(rule) ?? []) {
        const { aspect, change, path } = difference;
        const kind = `${aspect} ${change} ${path.slice(path.lastIndexOf('/'))}`;
        kinds.set(kind, [...(kinds.get(kind) ?? []), difference]);
      }
      const shown = [...kinds.values()]
        .slice(0, SHOWN)
        .map(([first, ...like]) => withoutPlace(line(first!), dir) + (like.length > 0 ? `, ${like.length} more` : ''));
      return [rule, kinds.size > SHOWN ? [...shown, `and ${kinds.size - SHOWN} more kinds`] : shown];
    }),
  );
  task.meta.oracle = { kind, title, milliseconds, key, groups, changes };
  dump(kind, title, unexplained);
  expect(unexplained.map(line).join('\n'), 'differences that no rule of test/oracle/allowed.ts allows').toBe('');
  if (isRecording) for (const rule of changed) dump(kind, title, allowed.get(rule) ?? [], rule);
  if (isRecording || RECORDED.size === 0) return;
  expect(
    Object.entries(changes).flatMap(([rule, lines]) => [rule, ...lines]),
    'each difference is allowed by a rule, but those of these rules are not the ones that test/oracle/recorded.tsv ' +
      'has. When all of them are meant, run .ci/oracle/run --record',
  ).toEqual([]);
}

/** `rule`: what allows the differences. */
function dump(kind: string, title: string, differences: readonly Difference[], rule?: string): void {
  const file = process.env.STATEBAG_ORACLE_DUMP;
  if (file === undefined) return;
  for (const difference of differences)
    appendFileSync(file, `${JSON.stringify({ kind, title, rule, ...difference })}\n`);
}

/** A difference in one line, for people. */
function line({ aspect, name, path, change, old, new: next }: Difference): string {
  return `${aspect} (${name}) ${change} at ${path === '' ? 'the whole' : path}: ${short(old)} → ${short(next)}`;
}

function short(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length > 240 ? `${text.slice(0, 240)}… (${text.length} characters)` : text;
}
