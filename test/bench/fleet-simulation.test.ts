import { describe, expect, it } from 'vitest';
import { estimate, RATES } from '../../src/fleet/estimate.js';
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

  it('takes twice as long and twice the requests for twice the documents', () => {
    const [once, twice] = [estimate(BAGS, 'map'), estimate({ ...BAGS, documents: 40_000 }, 'map')];
    expect(twice.seconds).toBeCloseTo(2 * once.seconds);
    expect(twice.requests.lambdaGbSeconds).toBeCloseTo(2 * once.requests.lambdaGbSeconds);
    expect(twice.requests.stateTransitions).toBe(2 * once.requests.stateTransitions);
  });

  it('counts requests by kind for the command line', () => {
    expect(estimate(BAGS, 'cli').requests).toEqual({
      s3Gets: 40_000,
      s3TagReads: 20_000,
      s3Puts: 22_000,
      s3Lists: 20,
      dynamoDbReadUnits: 0,
      dynamoDbWriteUnits: 0,
      lambdaInvocations: 0,
      lambdaGbSeconds: 0,
      stateTransitions: 0,
      batchObjects: 0,
    });
  });

  it('counts invocations, transitions and objects of a job for the services', () => {
    expect(estimate(BAGS, 'map').requests).toMatchObject({ lambdaInvocations: 400, stateTransitions: 1_200 });
    expect(estimate(BAGS, 's3-batch').requests).toMatchObject({ lambdaInvocations: 20_000, batchObjects: 20_000 });
  });

  it('counts units of a table for rows', () => {
    const rows = { ...BAGS, isRows: true, bytesBefore: 102_400, bytesAfter: 60_000, documents: 10 };
    expect(estimate(rows, 'cli').requests).toMatchObject({
      dynamoDbReadUnits: 125,
      dynamoDbWriteUnits: 1_000,
      s3Gets: 0,
      s3TagReads: 0,
      s3Lists: 0,
    });
  });

  it('counts write units of rows by the size of those that are migrated', () => {
    const shape = { ...BAGS, isRows: true, documents: 100, migratedShare: 0.1, bytesBefore: 40_000 };
    expect(estimate({ ...shape, migratedBytes: 370_000 }, 'cli').requests.dynamoDbWriteUnits).toBeCloseTo(3_620);
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
