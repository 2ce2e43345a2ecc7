import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pMap from 'p-map';
import { makeFleet } from '../examples/fleet/fleet.js';
import { RATES, demandOf } from '../src/fleet/estimate.js';
import type { FleetShape, Rates } from '../src/fleet/estimate.js';
import { runChild } from './child.js';
import { BLOBS, DOCUMENTS, NO_BAG } from './distant.js';
import type { DistantServer, ServerAddress } from './distant.js';
import { simulate } from './fleet-simulation/simulate.js';
import { CLI, inScratch } from './places.js';

/** A run that is measured and simulated. */
interface Trial extends DistantServer {
  /** What holds it up. */
  readonly bottleneck: string;
  readonly rates: Pick<Rates, 'cliWorkers' | 'cliConcurrency'> & Partial<Rates>;
}

const SMALL = { workflows: 8, size: 'small' } as const;
const HEADLINE = { workflows: 8, size: 'headline' } as const;

const { requestMs } = RATES;

const TRIALS: readonly Trial[] = [
  ...[500, 2_000].map((bags): Trial => ({
    bottleneck: 'documents in hand, one worker',
    kind: 'objects',
    bags: { bags, ...SMALL },
    requestMs,
    rates: { cliWorkers: 1, cliConcurrency: 8 },
  })),
  ...[2_000, 8_000].map((bags): Trial => ({
    bottleneck: 'documents in hand, two workers',
    kind: 'objects',
    bags: { bags, ...SMALL },
    requestMs,
    rates: { cliWorkers: 2, cliConcurrency: 8 },
  })),
  ...[500, 1_500].map((bags): Trial => ({
    bottleneck: 'documents in hand, 371 KB each',
    kind: 'objects',
    bags: { bags, ...HEADLINE },
    requestMs,
    rates: { cliWorkers: 1, cliConcurrency: 8 },
  })),
  ...[500, 2_000].map((bags): Trial => ({
    bottleneck: 'write units of the table',
    kind: 'rows',
    bags: { bags, ...SMALL },
    requestMs: 0,
    rates: { cliWorkers: 1, cliConcurrency: 8, writeUnits: 500 },
  })),
];

/** `node dist/bench/scale-measured.js`: holds the simulation against runs of the command line. */
async function main(): Promise<void> {
  process.stdout.write(
    '| what holds it up | documents | measured | simulated | measured over simulated |\n|---|---|---|---|---|\n',
  );
  for (const trial of TRIALS) process.stdout.write(await distantRow(trial));
  process.stdout.write(await inScratch(localRows));
}

async function distantRow(trial: Trial): Promise<string> {
  const server = spawn(
    process.execPath,
    [fileURLToPath(new URL('distant-server.js', import.meta.url)), JSON.stringify(trial satisfies DistantServer)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
  const at = JSON.parse(line) as ServerAddress;
  try {
    // What the server's timers and its own work add is not the command line's.
    const requestMs = trial.kind === 'rows' ? trial.requestMs : await requestTime(`${at.s3}/${DOCUMENTS}/none`);
    const measured = await inScratch((directory) => measureDistant(trial, at, directory));
    return row(trial.bottleneck, trial.bags.bags, measured, simulated({ ...trial, requestMs }));
  } finally {
    server.stdin.end();
    await once(server, 'exit');
  }
}

/** Milliseconds of a request, on average, as a client sees it. */
async function requestTime(url: string): Promise<number> {
  const times: number[] = [];
  await pMap(
    Array.from({ length: 400 }),
    async () => {
      const begun = performance.now();
      await (await fetch(url)).arrayBuffer();
      times.push(performance.now() - begun);
    },
    { concurrency: 8 },
  );
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

/** Milliseconds that the command line takes, its own start left out. */
async function measureDistant(
  { kind, rates: { cliWorkers, cliConcurrency, writeUnits } }: Trial,
  at: ServerAddress,
  directory: string,
): Promise<number> {
  const places = [
    '--store',
    `s3://${BLOBS}`,
    '--endpoint',
    at.s3,
    '--region',
    'eu-central-1',
    '--workers',
    String(cliWorkers),
    '--concurrency',
    String(cliConcurrency),
  ];
  const pace = kind === 'rows' ? ['--dynamodb-endpoint', at.dynamoDb, '--max-wcu', String(writeUnits)] : [];
  const run = (source: string) =>
    migrated([source, ...places, ...pace, '--journal', join(directory, source.replaceAll(/\W/g, ''))]);
  const nothing = await run(kind === 'rows' ? `dynamodb://${DOCUMENTS}?owner=nobody` : `s3://${DOCUMENTS}/${NO_BAG}`);
  return (await run(kind === 'rows' ? `dynamodb://${DOCUMENTS}` : `s3://${DOCUMENTS}/`)) - nothing;
}

async function migrated(args: readonly string[]): Promise<number> {
  process.env.AWS_ACCESS_KEY_ID ??= 'bench';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'bench';
  const { wall } = await runChild({ command: process.execPath, args: [CLI, 'migrate', ...args, '--apply', '--json'] });
  return wall;
}

function simulated({ bags, kind, requestMs, rates }: Trial): number {
  return simulate(shapeOf(bags, kind), 'cli', { ...RATES, ...rates, requestMs }).seconds * 1_000;
}

function shapeOf({ bags, ...options }: Trial['bags'], kind: Trial['kind']): FleetShape {
  const sample = Array.from(makeFleet({ seed: 17, bags: 32, ...options }), ({ bytes }) => bytes.length);
  const bytesBefore = sample.reduce((sum, bytes) => sum + bytes, 0) / sample.length;
  // Half a kilobyte is what a row has beside its bag.
  return {
    documents: bags,
    migratedShare: 1,
    bytesBefore: bytesBefore + (kind === 'rows' ? 512 : 0),
    bytesAfter: bytesBefore / 3,
    blobs: 3,
    newBlobs: (3 * options.workflows) / bags,
    isRows: kind === 'rows',
  };
}

/** Bags in files: what holds them up is the processor, whose speed is taken from two shorter runs. */
async function localRows(directory: string): Promise<string> {
  const [few, some, many, most] = [256, 512, 1_024, 2_048] as const;
  const [short, long] = [await measureLocal(directory, few), await measureLocal(directory, some)];
  const cpuMs = (long - short) / (some - few);
  const start = short - few * cpuMs;
  const shape = shapeOf({ bags: many, ...HEADLINE }, 'objects');
  const { gets, puts } = demandOf(shape, 'cli');
  const rates = {
    ...RATES,
    requestMs: 0,
    requestCpuMs: 0,
    cpuMs,
    cpuBytes: shape.bytesBefore,
    cliWorkers: 1,
    cliConcurrency: 8,
    putsPerPrefix: puts * 1e6,
    getsPerPrefix: gets * 1e6,
  };
  let rows = '';
  for (const documents of [many, most]) {
    const expected = simulate({ ...shape, documents }, 'cli', rates).seconds * 1_000;
    rows += row(
      'processors: files of 371 KB, one worker',
      documents,
      (await measureLocal(directory, documents)) - start,
      expected,
    );
  }
  return rows;
}

async function measureLocal(directory: string, bags: number): Promise<number> {
  const place = join(directory, `bags-${bags}`);
  mkdirSync(place);
  for (const { name, bytes } of makeFleet({ seed: 17, bags, ...HEADLINE })) writeFileSync(join(place, name), bytes);
  return migrated([place, '--store', `${place}.store`, '--journal', `${place}.journal`]);
}

function row(bottleneck: string, documents: number, measured: number, expected: number): string {
  return `| ${bottleneck} | ${documents} | ${(measured / 1_000).toFixed(1)} s | ${(expected / 1_000).toFixed(1)} s | ${(measured / expected).toFixed(2)} |\n`;
}

await main();
