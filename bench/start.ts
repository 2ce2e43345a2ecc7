import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet } from '../examples/fleet/fleet.js';
import type { Figure } from './figure.js';
import { interleave } from './median.js';
import { CLI, inScratch } from './places.js';

export interface StartResult {
  /** Milliseconds of `node -e 0`. */
  readonly bare: number;
  readonly commands: readonly { readonly name: string; readonly wall: number }[];
}

/** What it costs to begin at all, over Node's own beginning. */
export function benchStart(rounds: number): Promise<StartResult> {
  return inScratch(async (directory) => {
    const file = join(directory, 'bag.json');
    for (const { bytes } of makeFleet({ seed: 5, bags: 1, workflows: 1, size: 'headline' })) writeFileSync(file, bytes);
    const lean = join(directory, 'lean.json');
    for (const { bytes } of makeFleet({ seed: 5, bags: 1, workflows: 1, size: 'headline', variant: 'lean' }))
      writeFileSync(lean, bytes);
    const commands = [['--help'], ['--version'], ['inspect', file], ['validate', lean]].map((args) => ({
      name: `statebag ${args[0]!}`,
      args: [CLI, ...args],
    }));
    const contenders = [{ name: 'bare', args: ['-e', '0'] }, ...commands].map(({ name, args }) => ({
      name,
      run: () => {
        runNode(args);
      },
    }));
    const medians = await interleave(contenders, rounds);
    return { bare: medians.get('bare')!, commands: commands.map(({ name }) => ({ name, wall: medians.get(name)! })) };
  });
}

function runNode(args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${String(stderr)}`);
}

export function startFigures({ bare, commands }: StartResult): readonly Figure[] {
  return commands.map(({ name, wall }) => ({
    bench: 'start',
    what: `${name} over bare Node`,
    value: wall / bare,
    unit: 'x',
    target: { atMost: 1.5 },
    remark: `${wall.toFixed(0)} ms against ${bare.toFixed(0)} ms`,
  }));
}
