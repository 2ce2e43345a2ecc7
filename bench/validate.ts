import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet } from '../examples/fleet/fleet.js';
import { detectEnvelope } from '../src/bag/envelope.js';
import { ObjectValue } from '../src/bag/value.js';
import { runChild } from './child.js';
import type { ChildRun, Program } from './child.js';
import type { Figure } from './figure.js';
import { median } from './median.js';
import { CLI, inScratch, LEAN_SCHEMA, PYTHON_VALIDATE_PEER, TOOLS } from './places.js';

export interface ValidateOptions {
  /** Lean bags, a file each. */
  readonly bags: number;
  readonly rounds: number;
}

export interface ValidateResult {
  readonly bags: number;
  readonly bytes: number;
  readonly cli: Measured;
  readonly peers: readonly Measured[];
}

/** Medians of one program. */
interface Measured {
  readonly name: string;
  /** Milliseconds. */
  readonly wall: number;
  /** Bytes; `undefined` where the machine does not tell. */
  readonly maxRss: number | undefined;
}

interface Validator {
  readonly name: string;
  readonly executable: string;
  program(directory: string): Program;
}

const SELF: Validator = {
  name: 'statebag validate',
  executable: CLI,
  program: (directory) => ({
    command: process.execPath,
    args: [CLI, 'validate', directory, '--schema', 'state-bag.v2'],
  }),
};

const AJV = join(TOOLS, 'ajv-cli/node_modules/.bin/ajv');
const PYTHON = join(TOOLS, 'python/bin/python');

/** Run when `.ci/real-tools/install.sh` has installed them. */
const PEERS: readonly Validator[] = [
  {
    name: 'ajv-cli',
    executable: AJV,
    program: (directory) => ({
      command: AJV,
      args: ['validate', '--spec=draft2020', '--strict=false', '-s', LEAN_SCHEMA, '-d', join(directory, '*.json')],
    }),
  },
  {
    name: 'Python jsonschema',
    executable: PYTHON,
    program: (directory) => ({ command: PYTHON, args: [PYTHON_VALIDATE_PEER, LEAN_SCHEMA, directory] }),
  },
];

/** The whole command over a directory of lean bags, against what else validates JSON on a command line. */
export function benchValidate({ bags, rounds }: ValidateOptions): Promise<ValidateResult> {
  return inScratch(async (scratch) => {
    const directory = join(scratch, 'bags');
    const bytes = writeLeanBags(directory, bags);
    const validators = [SELF, ...PEERS.filter(({ executable }) => existsSync(executable))];
    const runs = validators.map(() => [] as ChildRun[]);
    for (let round = 0; round < rounds; round++) {
      for (const [index, validator] of validators.entries())
        runs[index]!.push(await runChild(validator.program(directory)));
    }
    const [cli, ...peers] = validators.map(({ name }, index) => measured(name, runs[index]!));
    return { bags, bytes, cli: cli!, peers };
  });
}

function writeLeanBags(directory: string, bags: number): number {
  mkdirSync(directory);
  let bytes = 0;
  for (const document of makeFleet({ seed: 17, bags, workflows: 40, size: 'small', variant: 'lean' })) {
    const bag = Buffer.from(JSON.stringify(bagOf(JSON.parse(document.bytes.toString()))));
    writeFileSync(join(directory, document.name), bag);
    bytes += bag.length;
  }
  return bytes;
}

/** Out of its envelope, of which the peers know nothing. */
function bagOf(document: unknown): unknown {
  return detectEnvelope(new ObjectValue(document))?.bag.value;
}

function measured(name: string, runs: readonly ChildRun[]): Measured {
  const rss = runs.flatMap((run) => run.maxRss ?? []);
  return {
    name,
    wall: median(runs.map(({ wall }) => wall)),
    maxRss: rss.length === runs.length ? median(rss) : undefined,
  };
}

export function validateFigures({ bags, bytes, cli, peers }: ValidateResult): readonly Figure[] {
  const what = `${bags} lean bags, ${(bytes / 1e6).toFixed(0)} MB`;
  const ratios = peers.map((peer): Figure => {
    const remark = `${seconds(peer)} against ${seconds(cli)} for ${what}; memory ${megabytes(peer)} against ${megabytes(cli)}`;
    return {
      bench: 'validate',
      what: `${peer.name} takes`,
      value: peer.wall / cli.wall,
      unit: 'x',
      target: { atLeast: 1 },
      remark,
    };
  });
  const own: Figure = {
    bench: 'validate',
    what: 'statebag validate, a file',
    value: cli.wall / bags,
    unit: 'ms',
    remark: `${what}, memory ${megabytes(cli)}${peers.length === 0 ? '; .ci/real-tools/install.sh installs the peers' : ''}`,
  };
  return [own, ...ratios];
}

function seconds({ wall }: Measured): string {
  return `${(wall / 1000).toFixed(2)} s`;
}

function megabytes({ maxRss }: Measured): string {
  return maxRss === undefined ? 'unknown' : `${(maxRss / 1e6).toFixed(0)} MB`;
}
