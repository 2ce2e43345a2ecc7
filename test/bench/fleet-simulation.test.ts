import { describe, expect, it } from 'vitest';
import { estimate, PRICES, RATES } from '../../src/fleet/estimate.js';
import type { EngineName, FleetShape, Rates } from '../../src/fleet/estimate.js';
import { EventQueue } from '../../bench/fleet-simulation/event-queue.js';
import { simulate } from '../../bench/fleet-simulation/simulate.js';

const BAGS: FleetShape = {
  documents: 20_000,
  migratedShare: 1,
  bytesBefore: 371_000,
  bytesAfter: 120_000,
  blobs: 3,
  newBlobs: 0.1,
  isRows: false,
};

/** Few places, so that a run of 20,000 is long beside its ramps. */
const SMALL: Rates = { ...RATES, lambdaConcurrency: 20 };

describe('the model of a fleet', () => {
  it.each<[string, EngineName, Partial<Rates>, Partial<FleetShape>, string]>([
    ['by processors', 'cli', { requestMs: 1 }, {}, 'processors of the host'],
    ['by documents in hand', 'cli', { requestMs: 200 }, {}, 'documents in hand'],
    ['by Lambda', 's3-batch', {}, {}, 'Lambda concurrency'],
    ['by S3', 's3-batch', { lambdaConcurrency: 1_000, putsPerPrefix: 300, requestMs: 5 }, {}, 'S3 writes per prefix'],
    [
      'by the service',
      's3-batch',
      { lambdaConcurrency: 1_000, batchTasksPerSecond: 200, requestMs: 5 },
      {},
      'tasks that S3 Batch Operations starts',
    ],
    ['by Lambda in a Map', 'map', {}, {}, 'Lambda concurrency'],
    [
      'by the table',
      'map',
      { writeUnits: 20_000 },
      { isRows: true, bytesBefore: 100_000, bytesAfter: 60_000 },
      'write units of the table',
    ],
  ])('says of one that is held up %s what its simulation says', (_what, engine, rates, shape, bottleneck) => {
    const [given, figures] = [
      { ...BAGS, ...shape },
      { ...SMALL, ...rates },
    ];
    const modelled = estimate(given, engine, figures);
    expect(modelled.bottleneck).toBe(bottleneck);
    const { seconds } = simulate(given, engine, figures);
    expect(seconds / modelled.seconds).toBeGreaterThan(0.8);
    expect(seconds / modelled.seconds).toBeLessThan(1.2);
  });

  it('takes as long for twice the documents as twice for them, and costs twice as much', () => {
    const [once, twice] = [estimate(BAGS, 'map'), estimate({ ...BAGS, documents: 40_000 }, 'map')];
    expect(twice.seconds).toBeCloseTo(2 * once.seconds);
    expect(twice.dollars).toBeCloseTo(2 * once.dollars);
  });

  it('counts in money what is asked of S3', () => {
    const { demand, dollars } = estimate(BAGS, 'cli');
    expect(demand).toEqual({ gets: 60_000, puts: 22_000, readUnits: 0, writeUnits: 0 });
    expect(dollars).toBeCloseTo(60 * PRICES.s3GetPer1000 + 22 * PRICES.s3PutPer1000);
  });
});

it('events happen by their time, and at one time in the order in which they were planned', () => {
  const queue = new EventQueue();
  const seen: string[] = [];
  for (const [name, at] of [
    ['c', 3],
    ['a', 1],
    ['b1', 2],
    ['b2', 2],
  ] as const)
    queue.plan(at, () => seen.push(name));
  expect(queue.runAll()).toBe(3);
  expect(seen).toEqual(['a', 'b1', 'b2', 'c']);
});
