import { fileURLToPath } from 'node:url';
import { DEFAULT_LAYOUT } from '../src/bag/layout.js';
import { makeFleet } from '../examples/fleet/fleet.js';
import type { FleetOptions } from '../examples/fleet/fleet.js';
import { MIGRATIONS } from '../migrations/index.js';
import { prepareDocument } from '../src/batch/prepare.js';
import { knownDigests, knownManifests } from '../src/batch/known-digests.js';
import type { StageSettings } from '../src/batch/stages.js';
import { dryRunSink } from '../src/batch/dry-run-sink.js';
import { memoryBlobStore } from '../src/store/index.js';
import { interleave } from './median.js';
import { roundTrip } from './round-trip.js';

export interface PipelineResult {
  readonly fleet: string;
  /** Milliseconds a bag. */
  readonly pipeline: number;
  readonly roundTrip: number;
  readonly ratio: number;
}

const FLEETS: readonly (readonly [name: string, options: Partial<FleetOptions>])[] = [
  ['distinct workflows', { workflows: 24 }],
  ['one workflow', { workflows: 1 }],
  ['distinct, Python-escaped', { workflows: 24, style: 'python' }],
];

/** The in-memory pipeline (scan, plan, hash, splice, validate, inverse) against parse and stringify, side by side. */
export async function benchPipeline(rounds = 15): Promise<readonly PipelineResult[]> {
  const results: PipelineResult[] = [];
  for (const [fleet, options] of FLEETS) {
    const bags = Array.from(makeFleet({ seed: 7, bags: 24, workflows: 24, size: 'headline', ...options }), ({ bytes }) => bytes);
    const medians = await interleave(
      [
        { name: 'pipeline', run: () => runPipeline(bags) },
        { name: 'round trip', run: () => { bags.forEach(roundTrip); } },
      ],
      rounds,
    );
    const [pipeline, trip] = ['pipeline', 'round trip'].map((name) => medians.get(name)! / bags.length);
    results.push({ fleet, pipeline: pipeline!, roundTrip: trip!, ratio: trip! / pipeline! });
  }
  return results;
}

async function runPipeline(bags: readonly Uint8Array[]): Promise<void> {
  const settings = pipelineSettings();
  for (const [index, bytes] of bags.entries()) {
    const prepared = await prepareDocument({ id: String(index), line: undefined, bytes }, settings);
    if (prepared?.outcome.outcome !== 'migrated') throw new Error(prepared?.outcome.reason ?? 'a bag was left out');
  }
}

function pipelineSettings(): StageSettings {
  const store = memoryBlobStore({ bucket: 'local' });
  // The blobs are made and addressed, and go nowhere: no store's own work is measured.
  return {
    target: 'lean',
    manifestForm: 'list',
    office: { layout: DEFAULT_LAYOUT, bucket: store.bucket, prefix: store.prefix, digest: knownDigests() },
    manifests: knownManifests(),
    steps: MIGRATIONS.lean,
    blobs: dryRunSink(store),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { fleet, pipeline, roundTrip: trip, ratio } of await benchPipeline()) {
    const line = `${fleet.padEnd(26)} pipeline ${pipeline.toFixed(3)} ms, round trip ${trip.toFixed(3)} ms: ${ratio.toFixed(1)}x`;
    process.stdout.write(`${line}\n`);
  }
}
