import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.js';
import type { ChildRun, Program } from './child.js';
import type { Bound, Figure } from './figure.js';
import { writeFleetFile } from './fleet-file.js';
import type { FleetFile } from './fleet-file.js';
import { median } from './median.js';
import { findPeers } from './peers.js';
import type { Peer } from './peers.js';
import { CLI, inScratch } from './places.js';

export interface CliOptions {
  /** Bags a file; 512 are 195 MB. */
  readonly bags: number;
  readonly rounds: number;
  /** Workflows behind the bags of the fleet that shares them. */
  readonly workflows: number;
  readonly peers?: readonly Peer[];
}

/** Medians of one program over one file. */
export interface ProgramTimes {
  readonly name: string;
  /** Milliseconds. */
  readonly wall: number;
  /** Milliseconds of processor time, where the machine tells. */
  readonly cpu: number | undefined;
  readonly remark?: string;
}

export interface CliResult {
  readonly fleet: 'shared configs' | 'all distinct';
  readonly bytes: number;
  readonly cli: ProgramTimes;
  readonly peers: readonly ProgramTimes[];
}

/**
 * The whole command over a file of bags, with its store, its journal and its syncs, against what else is on this
 * machine.
 */
export async function benchCli(options: CliOptions): Promise<readonly CliResult[]> {
  const { bags, workflows } = options;
  return [
    await benchFleet('shared configs', { bags, workflows }, options),
    await benchFleet('all distinct', { bags, workflows: bags }, options),
  ];
}

type Fleet = CliResult['fleet'];

function benchFleet(
  fleet: Fleet,
  size: { readonly bags: number; readonly workflows: number },
  { rounds, peers = findPeers() }: CliOptions,
): Promise<CliResult> {
  return inScratch(async (directory) => {
    const file = writeFleetFile(directory, 'fleet', size);
    const [cli, ...others] = await compare(file, directory, [SELF, ...peers], rounds);
    return { fleet, bytes: file.bytes, cli: cli!, peers: others };
  });
}

const SELF: Peer = { name: 'statebag migrate', program: (input, output) => migrateProgram(input, output) };

/** A first run: nothing is in the store, and no journal knows anything. Output, store and journal lie side by side. */
export function migrateProgram(input: string, output: string): Program {
  const places = ['--out', output, '--store', `${output}.store`, '--journal', `${output}.journal`];
  return { command: process.execPath, args: [CLI, 'migrate', input, ...places, '--apply', '--json'] };
}

async function compare(
  { path }: FleetFile,
  directory: string,
  peers: readonly Peer[],
  rounds: number,
): Promise<ProgramTimes[]> {
  const runs = peers.map(() => [] as ChildRun[]);
  for (let round = 0; round < rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      const place = join(directory, 'made');
      mkdirSync(place);
      runs[index]!.push(await runChild(peer.program(path, join(place, 'out.ndjson'))));
      rmSync(place, { recursive: true, force: true });
    }
  }
  return peers.map(({ name, remark }, index) => ({
    name,
    ...mediansOf(runs[index]!),
    ...(remark !== undefined && { remark }),
  }));
}

function mediansOf(runs: readonly ChildRun[]): Pick<ProgramTimes, 'wall' | 'cpu'> {
  const cpu = runs.flatMap((run) => run.cpu ?? []);
  return { wall: median(runs.map((run) => run.wall)), cpu: cpu.length === runs.length ? median(cpu) : undefined };
}

const TARGETS: Readonly<Record<Fleet, Readonly<Record<string, Bound>>>> = {
  'shared configs': {
    'node round trip': { atLeast: 10 },
    'python3 json': { atLeast: 10 },
    'python3 orjson': { atLeast: 4 },
  },
  'all distinct': {
    'node round trip': { atLeast: 5 },
    'python3 json': { atLeast: 5 },
    'python3 orjson': { atLeast: 2 },
  },
};

export function cliFigures(results: readonly CliResult[]): readonly Figure[] {
  return results.flatMap(({ fleet, bytes, cli, peers }) =>
    peers.map((peer): Figure => {
      const target = TARGETS[fleet][peer.name];
      const times = `${seconds(peer.wall)} against ${seconds(cli.wall)} for ${(bytes / 1e6).toFixed(0)} MB`;
      const cpu =
        peer.cpu === undefined || cli.cpu === undefined ? [] : [`processor time ${(peer.cpu / cli.cpu).toFixed(1)}x`];
      const remark = [times, ...cpu, ...(peer.remark === undefined ? [] : [peer.remark])].join('; ');
      return {
        bench: 'cli',
        what: `${fleet}: ${peer.name} takes`,
        value: peer.wall / cli.wall,
        unit: 'x',
        ...(target && { target }),
        remark,
      };
    }),
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
