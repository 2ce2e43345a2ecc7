import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { makeFleet } from '../examples/fleet/fleet.js';
import type { FleetOptions } from '../examples/fleet/fleet.js';
import { DEFAULT_LAYOUT } from '../src/bag/keys.js';
import { buffers } from '../src/sources/read-file.js';
import { dryRunSink } from '../src/run/transform.js';
import { knownDigests, knownManifests } from '../src/store/address.js';
import { prepareDocument } from '../src/run/document.js';
import type { TransformSettings, Transformation } from '../src/run/transform.js';
import { memoryBlobStore } from '../src/store/index.js';
import type { Bound, Figure } from './figure.js';
import { interleave } from './median.js';
import { roundTrip } from './round-trip.js';

export interface PipelineResult {
  readonly fleet: string;
  /** Milliseconds a bag. */
  readonly pipeline: number;
  readonly roundTrip: number;
  /**
   * What no way of doing it can go below: check the UTF-8, hash what is cut, copy what stays. Nothing is recognised.
   */
  readonly floor: number;
}

interface Fleet {
  readonly name: string;
  readonly options: Partial<FleetOptions>;
  /** How many times faster than the round trip it is meant to become. */
  readonly goal: number;
}

const FLEETS: readonly Fleet[] = [
  { name: 'distinct workflows', options: {}, goal: 12 },
  { name: 'one workflow', options: { workflows: 1 }, goal: 25 },
  { name: 'distinct, Python-escaped', options: { style: 'python' }, goal: 9 },
];

export interface PipelineOptions {
  readonly rounds: number;
  readonly bags: number;
}

/** The in-memory pipeline (scan, plan, hash, splice, validate, inverse) against parse and stringify, side by side. */
export async function benchPipeline({ rounds, bags }: PipelineOptions): Promise<readonly PipelineResult[]> {
  const results: PipelineResult[] = [];
  for (const { name, options } of FLEETS) {
    const made = makeFleet({ seed: 7, bags, workflows: bags, size: 'headline', ...options });
    results.push({
      fleet: name,
      ...(await comparePipeline(
        Array.from(made, ({ bytes }) => bytes),
        rounds,
      )),
    });
  }
  return results;
}

async function comparePipeline(bags: readonly Uint8Array[], rounds: number): Promise<Omit<PipelineResult, 'fleet'>> {
  const parts = await Promise.all(bags.map(async (bytes) => floorParts(await prepare(bytes, pipelineSettings()))));
  let settings = pipelineSettings();
  const medians = await interleave(
    [
      // Caches that know nothing yet: what is distinct in a round must not be known from the one before.
      { name: 'pipeline', prepare: () => (settings = pipelineSettings()), run: () => runPipeline(bags, settings) },
      {
        name: 'round trip',
        run: () => {
          bags.forEach(roundTrip);
        },
      },
      {
        name: 'floor',
        run: () => {
          bags.forEach((bytes, index) => {
            runFloor(bytes, parts[index]!);
          });
        },
      },
    ],
    rounds,
  );
  const [pipeline, trip, floor] = ['pipeline', 'round trip', 'floor'].map((name) => medians.get(name)! / bags.length);
  return { pipeline: pipeline!, roundTrip: trip!, floor: floor! };
}

async function runPipeline(bags: readonly Uint8Array[], settings: TransformSettings): Promise<void> {
  for (const bytes of bags) buffers.give((await prepare(bytes, settings)).rewrite.bytes);
}

async function prepare(bytes: Uint8Array, settings: TransformSettings): Promise<Transformation> {
  const prepared = await prepareDocument({ id: 'bag', line: undefined, bytes }, settings);
  if (!prepared?.transformation) throw new Error(prepared?.outcome.reason ?? 'a bag was left out');
  return prepared.transformation;
}

function pipelineSettings(): TransformSettings {
  const store = memoryBlobStore({ bucket: 'local' });
  // The blobs are made and addressed, and go nowhere: no store's own work is measured.
  return {
    target: 'lean',
    manifestForm: 'list',
    addressing: { layout: DEFAULT_LAYOUT, bucket: store.bucket, prefix: store.prefix, digest: knownDigests() },
    manifests: knownManifests(),
    blobs: dryRunSink(store),
  };
}

interface FloorParts {
  readonly hashed: readonly Uint8Array[];
  readonly copied: readonly Uint8Array[];
}

function floorParts({ plans, rewrite }: Transformation): FloorParts {
  const blobs = plans.flatMap((plan) => plan.blobs);
  const made = blobs.filter(({ kind }) => kind === 'manifest');
  return { hashed: blobs.map(({ bytes }) => bytes), copied: [rewrite.bytes, ...made.map(({ bytes }) => bytes)] };
}

function runFloor(bytes: Uint8Array, { hashed, copied }: FloorParts): void {
  if (!isUtf8(bytes)) throw new Error('a bag is not UTF-8');
  for (const part of hashed) createHash('sha256').update(part).digest('hex');
  for (const part of copied) Buffer.allocUnsafeSlow(part.length).set(part);
}

const TARGET: Bound = { atLeast: 5 };

export function pipelineFigures(results: readonly PipelineResult[]): readonly Figure[] {
  return results.flatMap(({ fleet, pipeline, roundTrip: trip, floor }, index): Figure[] => {
    const remark = `${pipeline.toFixed(2)} ms a bag, parse and stringify ${trip.toFixed(2)} ms`;
    const speed: Figure = {
      bench: 'pipeline',
      what: `${fleet}: over a round trip`,
      value: trip / pipeline,
      unit: 'x',
      target: TARGET,
      goal: { atLeast: FLEETS[index]!.goal },
      remark,
    };
    if (index > 0) return [speed];
    const overFloor = `hashes, UTF-8 check and copies alone ${floor.toFixed(2)} ms`;
    return [
      speed,
      {
        bench: 'pipeline',
        what: `${fleet}: over the floor`,
        value: pipeline / floor,
        unit: 'x',
        goal: { atMost: 2 },
        remark: overFloor,
      },
    ];
  });
}
