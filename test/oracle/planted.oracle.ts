import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadNew } from './builds.js';
import { circle, reading } from './inputs/commands.js';
import { wrapCases } from './inputs/library.js';
import { fleetShapes } from './inputs/shapes.js';
import type { Build } from './builds.js';
import { useBuilds, useWorld } from './oracle.js';
import { HIDDEN_PLANTS, PLANTS } from './plants.js';
import type { Plant } from './plants.js';
import { changedRules, groupsOf } from './recorded.js';
import { judge } from './verdict.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PLACE = join(PROJECT, '.real-servers/oracle/planted');

const inputs = fleetShapes(1)
  .slice(0, 4)
  .flatMap((shape) => [circle(shape), circle(shape, ['--to', 'bridge']), reading(shape)]);

/** Answers that are too large for the budget. */
const calls = wrapCases(fleetShapes(1), 2).filter(({ kind }) => /offload|small budget/.test(kind));

describe('the oracle finds a fault that is planted in the new build', () => {
  const builds = useBuilds();
  const world = useWorld();

  it.for(PLANTS)('when the fault is $title', async (plant, { onTestFinished }) => {
    const root = plantedCopy(plant);
    onTestFinished(() => {
      rmSync(root, { recursive: true, force: true });
    });
    const planted = await loadNew(root);
    const found = [];
    for (const input of inputs) {
      const old = await world().outcome(builds.old(), input);
      const next = await world().outcome(planted, input);
      found.push(...judge(input, old, next).unexplained);
    }
    const evidence = found.filter(
      ({ aspect, name, path, new: text }) =>
        aspect === plant.aspect && [name, path, text ?? ''].some((place) => plant.evidence.test(place)),
    );
    expect(evidence.length).toBeGreaterThan(0);
  });

  const hidden = HIDDEN_PLANTS.map(
    (plant) => [plant.isNoticed ? 'notices' : 'does not notice', plant.title, plant] as const,
  );
  it.for(hidden)(
    'and its recording %s %s, when a rule allows the difference',
    async ([, , plant], { onTestFinished }) => {
      const { aspect, rule, isNoticed } = plant;
      const root = plantedCopy(plant);
      onTestFinished(() => {
        rmSync(root, { recursive: true, force: true });
      });
      const planted = await loadNew(root);
      const [texts, changed] = [new Set<string>(), new Set<string>()];
      const check = async (input: (typeof inputs)[number] | (typeof calls)[number]) => {
        const outcome = (build: Build) => ('call' in input ? input.call(build) : world().outcome(build, input));
        const old = await outcome(builds.old());
        const [clean, faulty] = [
          judge(input, old, await outcome(builds.next())),
          judge(input, old, await outcome(planted)),
        ];
        expect(faulty.unexplained, 'the rule must hide the fault').toEqual([]);
        const told = ({ allowed }: typeof clean) =>
          (allowed.get(rule) ?? []).filter((found) => found.aspect === aspect).map((found) => found.new);
        if (told(clean).join() !== told(faulty).join()) texts.add(input.title);
        if (changedRules(groupsOf(clean.allowed, world().dir), groupsOf(faulty.allowed, world().dir)).includes(rule))
          changed.add(input.title);
      };
      for (const input of aspect === 'error' ? calls : inputs) await check(input);
      expect(texts.size, 'inputs in which the fault is').toBeGreaterThan(0);
      expect([...changed]).toEqual(isNoticed ? [...texts] : []);
    },
  );

  it('and finds nothing in the build without a fault', async () => {
    for (const input of inputs) {
      const old = await world().outcome(builds.old(), input);
      const next = await world().outcome(builds.next(), input);
      expect(judge(input, old, next).unexplained).toEqual([]);
    }
  });
});

/** A copy of the new build's JavaScript with the fault in it. */
function plantedCopy({ title, find, replace }: Pick<Plant, 'title' | 'find' | 'replace'>): string {
  const root = join(PLACE, `${title.replaceAll(' ', '-')}-${process.pid}`);
  mkdirSync(root, { recursive: true });
  for (const part of ['src', 'migrations', 'schemas'])
    cpSync(join(PROJECT, 'dist', part), join(root, 'dist', part), { recursive: true });
  cpSync(join(PROJECT, 'schemas'), join(root, 'schemas'), { recursive: true });
  copyFileSync(join(PROJECT, 'package.json'), join(root, 'package.json'));
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(root, 'dist', name))
    .filter((path) => readFileSync(path, 'utf8').includes(find));
  expect(files, `files of dist that hold ${find}: choose another text in plants.ts`).toHaveLength(1);
  writeFileSync(
    files[0]!,
    readFileSync(files[0]!, 'utf8').replace(find, () => replace),
  );
  return root;
}
