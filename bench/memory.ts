import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.js';
import type { ChildRun } from './child.js';
import { migrateProgram } from './cli.js';
import type { Figure } from './figure.js';
import { repeatFleetFile, writeFleetFile } from './fleet-file.js';
import type { FleetFile } from './fleet-file.js';
import { median } from './median.js';
import { inScratch } from './places.js';

export interface MemoryOptions {
  /** Bags of the small run. */
  readonly bags: number;
  /** How many times as many the large run has; a multiple of 4. */
  readonly times: number;
  readonly rounds: number;
}

export interface MemoryResult {
  readonly bags: { readonly few: number; readonly many: number };
  /** Bytes, medians; `undefined` where the machine does not tell. */
  readonly maxRss: { readonly few: number; readonly many: number } | undefined;
  /** Milliseconds for one, two and four quarters of the large run. */
  readonly wall: readonly [one: number, two: number, four: number];
}

/** What the command holds in memory over few and over many bags, and how its time grows with them. */
export function benchMemory({ bags, times, rounds }: MemoryOptions): Promise<MemoryResult> {
  return inScratch(async (directory) => {
    const few = writeFleetFile(directory, 'fleet', { bags, workflows: Math.min(bags, 8) });
    const sizes = [few, ...[1, 2, 4].map((quarters) => repeatFleetFile(few, (quarters * times) / 4))];
    const runs = sizes.map(() => [] as ChildRun[]);
    for (let round = 0; round < rounds; round++) {
      for (const [index, file] of sizes.entries()) runs[index]!.push(await migrate(file, directory));
    }
    const [, one, two, four] = runs.map((of) => median(of.map(({ wall }) => wall)));
    return {
      bags: { few: few.bags, many: bags * times },
      maxRss: peaks(runs[0]!, runs[3]!),
      wall: [one!, two!, four!],
    };
  });
}

async function migrate({ path }: FleetFile, directory: string): Promise<ChildRun> {
  const place = join(directory, 'made');
  mkdirSync(place);
  const run = await runChild(migrateProgram(path, join(place, 'out.ndjson')));
  rmSync(place, { recursive: true, force: true });
  return run;
}

function peaks(few: readonly ChildRun[], many: readonly ChildRun[]): MemoryResult['maxRss'] {
  const [low, high] = [few, many].map((runs) => runs.flatMap(({ maxRss }) => maxRss ?? []));
  return low!.length === 0 || high!.length === 0 ? undefined : { few: median(low!), many: median(high!) };
}

export function memoryFigures({ bags, maxRss, wall: [one, two, four] }: MemoryResult): readonly Figure[] {
  const memory: Figure[] = maxRss === undefined ? [] : [memoryFigure(bags, maxRss)];
  const remark = `${(one / 1000).toFixed(2)} s, ${(two / 1000).toFixed(2)} s and ${(four / 1000).toFixed(2)} s for 1, 2 and 4 times ${bags.many / 4} bags`;
  return [
    ...memory,
    {
      bench: 'memory',
      what: 'time of 4 times the bags, a bag',
      value: four / (4 * one),
      unit: 'x',
      target: { atMost: 1.1 },
      remark,
    },
  ];
}

function memoryFigure(bags: MemoryResult['bags'], { few, many }: NonNullable<MemoryResult['maxRss']>): Figure {
  const remark = `${(few / 1e6).toFixed(0)} MB over ${bags.few} bags`;
  return {
    bench: 'memory',
    what: `peak memory over ${bags.many} bags`,
    value: many / 1e6,
    unit: 'MB',
    target: { atMost: 160 },
    remark,
  };
}
