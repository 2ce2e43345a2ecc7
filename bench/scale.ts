import { estimate, RATES } from '../src/fleet/estimate.js';
import type { EngineName, FleetShape } from '../src/fleet/estimate.js';
import { simulate } from './fleet-simulation/simulate.js';

/** Beyond it, the simulation says no more than the model: what holds it up is the same for every further document. */
const LARGEST_SIMULATED = 1_000_000;

/** Bags of 371 KB of workflows that many bags share, as the fleet of the examples has them. */
const BAGS: Omit<FleetShape, 'documents'> = {
  migratedShare: 1,
  bytesBefore: 371_000,
  bytesAfter: 120_000,
  blobs: 3,
  newBlobs: 0.05,
  isRows: false,
};

const ENGINES: readonly EngineName[] = ['cli', 's3-batch', 'map'];

/** `node dist/bench/scale.js`: the table of `docs/scale.md`. */
function main(): void {
  process.stdout.write(
    '| bags | engine | model | simulation | first bottleneck | S3 reads | S3 writes |\n|---|---|---|---|---|---|---|\n',
  );
  for (let documents = 10_000; documents <= 100_000_000; documents *= 10) {
    for (const engine of ENGINES) process.stdout.write(row({ ...BAGS, documents }, engine));
  }
}

function row(shape: FleetShape, engine: EngineName): string {
  const { seconds, bottleneck, requests } = estimate(shape, engine);
  const [reads, writes] = [requests.s3Gets + requests.s3TagReads, requests.s3Puts].map((count) =>
    count.toExponential(2).replace('e+', ' × 10^'),
  );
  const simulated = shape.documents <= LARGEST_SIMULATED ? duration(simulate(shape, engine, RATES).seconds) : '';
  return `| ${shape.documents.toExponential().replace('1e+', '10^')} | ${engine} | ${duration(seconds)} | ${simulated} | ${bottleneck} | ${reads} | ${writes} |\n`;
}

function duration(seconds: number): string {
  if (seconds < 600) return `${seconds.toFixed(1)} s`;
  return seconds < 36_000 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

main();
