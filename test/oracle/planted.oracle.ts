import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadNew } from './builds.js';
import { circle, reading } from './inputs/commands.js';
import { fleetShapes } from './inputs/shapes.js';
import { useBuilds, useWorld } from './oracle.js';
import { PLANTS } from './plants.js';
import type { Plant } from './plants.js';
import { judge } from './verdict.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PLACE = join(PROJECT, '.real-servers/oracle/planted');

const inputs = fleetShapes(1)
  .slice(0, 4)
  .flatMap((shape) => [circle(shape), circle(shape, ['--to', 'bridge']), reading(shape)]);

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

  it('and finds nothing in the build without a fault', async () => {
    for (const input of inputs) {
      const old = await world().outcome(builds.old(), input);
      const next = await world().outcome(builds.next(), input);
      expect(judge(input, old, next).unexplained).toEqual([]);
    }
  });
});

/** A copy of the new build's JavaScript with the fault in it. */
function plantedCopy({ title, find, replace }: Plant): string {
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
