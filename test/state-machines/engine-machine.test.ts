import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import { useScratch } from '../cli/terminal.js';
import { makeOldBag } from '../e2e/state-machine/cases.js';
import { parseList, parseMembers } from '../e2e/state-machine/json.js';
import type { Members } from '../e2e/state-machine/json.js';
import type { LambdaFunction } from '../e2e/state-machine/lambda-tasks.js';
import { EngineWorld, findInEvent, findInMap, initializeFat, initializeLean, makeEngine, runEngine } from './engine.js';
import type { FindSegment } from './engine.js';

const CORPUS = process.env.STATEBAG_CORPUS;
const BIN = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url));

const scratch = useScratch();

/** The machine of the corpus, as it is and as the built command leaves it. */
function readMachines(): { readonly original: StateMachineDefinition; readonly patched: StateMachineDefinition } {
  const path = join(scratch.dir, 'machine.asl.json');
  writeFileSync(path, readFileSync(join(CORPUS!, 'asl', 'jan29.json')));
  const original = JSON.parse(readFileSync(path, 'utf8')) as StateMachineDefinition;
  execFileSync(process.execPath, [BIN, 'asl', 'patch', path, '--apply'], { stdio: 'pipe' });
  return { original, patched: JSON.parse(readFileSync(path, 'utf8')) as StateMachineDefinition };
}

/** Every function of the engine with the adapter around it; only runners get a segment. */
function wrapAll(world: EngineWorld, find: FindSegment): ReturnType<typeof makeEngine> {
  const shim = createStateBagShim({ store: world.store, mode: 'rewrite' });
  const functions = makeEngine(world, find);
  return { ...functions, '${ExecuteSegmentArn}': shim.wrap(functions['${ExecuteSegmentArn}']!) };
}

/** The bag, with other branches in each group of its map. */
function withBranches(bag: Members, change: (branches: readonly Members[]) => readonly Members[]): Members {
  const map = parseList(bag.partition_map).map((entry) => {
    const { branches } = parseMembers(entry);
    if (!Array.isArray(branches)) return entry;
    return { ...parseMembers(entry), branches: change(branches.map(parseMembers)) };
  });
  return { ...bag, partition_map: map };
}

/** This machine fails at the second segment of a branch, patched or not: it selects a member that its branches lack. */
function withShortBranches(bag: Members): Members {
  return withBranches(bag, (branches) =>
    branches.map((branch) =>
      Array.isArray(branch.partition_map) ? { ...branch, partition_map: branch.partition_map.slice(0, 1) } : branch,
    ),
  );
}

/** A group of one branch: the machine puts the branch's map in the place of the workflow's, and goes on in it. */
function withOneBranch(bag: Members): Members {
  return withBranches(bag, (branches) => branches.filter((branch) => Array.isArray(branch.partition_map)).slice(0, 1));
}

const makeBag = (shape: Parameters<typeof makeOldBag>[0]) => makeOldBag(shape, 'small', 'local');

describe.skipIf(CORPUS === undefined)('the state machine of the engine that maps both fields state by state', () => {
  it.each([
    ['a chain', 7, makeBag('chain')],
    ['pauses', 8, makeBag('hitp')],
    ['branches', 20, withShortBranches(makeBag('fanout'))],
    ['groups in one node', 14, withShortBranches(makeBag('inline-group'))],
    ['a group of one branch', 5, withOneBranch(makeBag('fanout'))],
  ])(
    'runs the same segments patched as before, with a fat bag and with a lean one, in a workflow with %s',
    async (_what, count, bag) => {
      const { original, patched } = readMachines();
      const run = async (
        machine: StateMachineDefinition,
        begin: (world: EngineWorld) => LambdaFunction,
        engine: (world: EngineWorld) => ReturnType<typeof makeEngine>,
      ) => {
        const world = new EngineWorld(Number(bag.total_segments));
        return runEngine(machine, { ...engine(world), '${InitializeStateDataArn}': begin(world) }, world);
      };
      const before = await run(
        original,
        (world) => initializeFat(bag, world),
        (world) => makeEngine(world, findInMap),
      );
      const fat = await run(
        patched,
        (world) => initializeFat(bag, world),
        (world) => wrapAll(world, findInEvent),
      );
      const lean = await run(
        patched,
        (world) => initializeLean(bag, world),
        (world) => wrapAll(world, findInEvent),
      );
      expect(before.executed).toHaveLength(count);
      expect([fat.executed, lean.executed]).toEqual([before.executed, before.executed]);
      expect([fat.finalState, lean.finalState]).toEqual([before.finalState, before.finalState]);
      expect([before.mapsInPayloads > 0, fat.mapsInPayloads, lean.mapsInPayloads]).toEqual([true, 0, 0]);
    },
  );
});
