import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { PairWorld } from './pair-world.js';
import type { Template } from './pair-world.js';
import { FIRST_PID, SteppedProcess } from './stepped-process.js';
import type { Step } from './stepped-process.js';

/** The code under test, loaded for one process alone: nothing that a module remembers is shared with another one. */
export type Program = Awaited<ReturnType<typeof loadProgram>>;

/** What one of two processes does. */
export interface Role {
  readonly name: string;
  readonly work: (program: Program, world: PairWorld) => Promise<unknown>;
}

export interface Pair {
  readonly template: Template;
  readonly roles: readonly [Role, Role];
  /** True for a step before which the other process may get its turn. The others concern only one process. */
  readonly isShared: (step: Step, world: PairWorld) => boolean;
  /** When the objects of the template were written, in milliseconds since 1970. Default: now. */
  readonly blobTime?: number;
}

/** One order of the steps of two processes, and where it led. */
export interface Played {
  /** Which process made how many steps. */
  readonly schedule: string;
  readonly world: PairWorld;
  readonly processes: readonly [SteppedProcess, SteppedProcess];
  /** The second process was killed. */
  readonly isKilled: boolean;
}

export interface PlayOptions {
  readonly directory: string;
  /** Kills the second process after its `m` changes. */
  readonly kill?: boolean;
  /** True for a step that leaves something. */
  readonly isChange: (step: Step) => boolean;
  /** Ends the enumeration early: enough is wrong. */
  readonly isEnough?: () => boolean;
}

/** Worlds that are played at the same time: most of the time goes into waiting for the disk. */
const LANES = 4;

/**
 * Plays every pair of switches: the first process takes `k` shared steps and the second one `m`, then the first goes to
 * its end, and then the second; for all `k` and `m`. `check` sees where each schedule leads. Resolves to the number of
 * schedules.
 */
export async function playAll(
  pair: Pair,
  options: PlayOptions,
  check: (played: Played) => Promise<void>,
): Promise<number> {
  const { kill = false, isEnough = () => false } = options;
  const player = new Player(pair, options, await loadPrograms(), kill);
  const total = await player.countSteps();
  const queue = Array.from({ length: total + 1 }, (_, k) => k);
  const lane = async (): Promise<void> => {
    for (let k = queue.shift(); k !== undefined; k = queue.shift()) {
      // Without a step of the second process before the end of the first, all `k` are the same schedule.
      for (let m = kill || k === total ? 0 : 1, isLast = false; !isLast && !isEnough(); m++)
        isLast = (await player.play(k, m, check)) || k === total;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return player.played;
}

let loaded: Promise<readonly [Program, Program]> | undefined;

function loadPrograms(): Promise<readonly [Program, Program]> {
  return (loaded ??= (async () => [await loadProgram(), await loadProgram()])());
}

async function loadProgram() {
  vi.resetModules();
  return {
    workbench: await import('../../batch/workbench.js'),
    gc: await import('../../../src/run/collect.js'),
    terminal: await import('../../cli/terminal.js'),
  };
}

class Player {
  played = 0;
  private worlds = 0;

  constructor(
    private readonly pair: Pair,
    private readonly options: Pick<PlayOptions, 'directory' | 'isChange'>,
    private readonly programs: readonly [Program, Program],
    private readonly kill: boolean,
  ) {}

  /** Shared steps of the first process when it is alone. */
  async countSteps(): Promise<number> {
    const { world, processes } = await this.open();
    await finish(processes[0]);
    world.remove();
    return processes[0].steps.filter((step) => this.pair.isShared(step, world)).length;
  }

  /** True when the second process has ended within its `m` steps: more of them are the same schedule. */
  async play(k: number, m: number, check: (played: Played) => Promise<void>): Promise<boolean> {
    const { world, processes } = await this.open();
    const [first, second] = processes;
    const isShared = (step: Step) => this.pair.isShared(step, world);
    await advance(first, k, isShared);
    const isLast = !(await advance(second, m, this.kill ? this.options.isChange : isShared));
    if (this.kill) await second.kill();
    await finish(first);
    if (!this.kill) await finish(second);
    this.played++;
    const [one, other] = this.pair.roles;
    const schedule = `${one.name} ${k}, ${other.name} ${m}${this.kill ? ' and killed' : ''}, ${one.name} to its end`;
    await check({ schedule, world, processes, isKilled: this.kill && !isLast });
    world.remove();
    return isLast;
  }

  private async open(): Promise<Pick<Played, 'world' | 'processes'>> {
    const { template, roles, blobTime } = this.pair;
    // As long as that of the template, so that no place in a journal moves.
    const directory = join(this.options.directory, String(++this.worlds).padStart(6, '0'));
    mkdirSync(directory);
    const world = new PairWorld(directory, template.forms);
    await world.fill(template, blobTime);
    const start = (at: 0 | 1) =>
      new SteppedProcess(
        roles[at].name,
        FIRST_PID + at,
        world,
        () => roles[at].work(this.programs[at], world),
        world.onStep,
      );
    const processes = [start(0), start(1)] as const;
    world.processes.push(...processes);
    return { world, processes };
  }
}

/** Up to the step before which `count` steps of a kind have been taken. False when the process ends before. */
async function advance(process: SteppedProcess, count: number, isCounted: (step: Step) => boolean): Promise<boolean> {
  let taken = 0;
  for (let step = await process.next(); step; step = await process.next()) {
    if (isCounted(step) && taken++ === count) return true;
    await process.take();
  }
  return false;
}

async function finish(process: SteppedProcess): Promise<void> {
  while (await process.next()) await process.take();
}
