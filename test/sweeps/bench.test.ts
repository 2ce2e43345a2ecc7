import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { benchBlobs, blobsFigures } from '../../bench/blobs.js';
import { runChild } from '../../bench/child.js';
import { benchCli, cliFigures } from '../../bench/cli.js';
import { benchColdStart, coldStartFigures } from '../../bench/cold-start.js';
import { verdictOf } from '../../bench/figure.js';
import type { Figure } from '../../bench/figure.js';
import { median } from '../../bench/median.js';
import { benchMemory, memoryFigures } from '../../bench/memory.js';
import { findPeers } from '../../bench/peers.js';
import { benchPipeline, pipelineFigures } from '../../bench/pipeline.js';
import { renderFigures } from '../../bench/render.js';
import { roundTrip } from '../../bench/round-trip.js';
import { benchScan } from '../../bench/scan.js';
import { benchStart, startFigures } from '../../bench/start.js';
import { makeFleet } from '../../examples/fleet/fleet.js';

/* Runs every bench once on small data, to see that it measures something. Its figures have no meaning here. */

function expectFigures(figures: readonly Figure[], count: number): void {
  expect(figures).toHaveLength(count);
  for (const { value, what } of figures) expect(value, what).toBeGreaterThan(0);
}

describe('each bench gives figures', () => {
  it('of the scan', () => {
    const { scan, parse, bagBytes } = benchScan(5);
    expect(Math.min(scan, parse)).toBeGreaterThan(0);
    expect(bagBytes).toBeGreaterThan(370_000);
  });

  it('of the pipeline', async () => {
    expectFigures(pipelineFigures(await benchPipeline({ rounds: 1, bags: 2 })), 4);
  });

  it('of the blobs written, which do not depend on the machine', async () => {
    const figures = blobsFigures(await benchBlobs({ bags: 10, workflows: 3 }));
    expect(figures.map(({ value }) => value)).toEqual([9, 10]);
    expect(figures.map(verdictOf)).toEqual(['met', 'met']);
  });

  it('of the start', async () => {
    expectFigures(startFigures(await benchStart(1)), 4);
  });

  it('of the cold start of a bundled handler', async () => {
    const { s3Only, withShim } = await benchColdStart(1);
    expect(Math.min(s3Only, withShim)).toBeGreaterThan(0);
    expect(coldStartFigures({ s3Only, withShim })).toMatchObject([{ unit: 'ms', value: withShim - s3Only }]);
  });

  it('of the command line beside every peer on the machine', async () => {
    const results = await benchCli({ bags: 2, workflows: 1, rounds: 1 });
    expectFigures(cliFigures(results), 2 * findPeers().length);
  });

  it('of its memory', async () => {
    const result = await benchMemory({ bags: 2, times: 4, rounds: 1 });
    expect(result.bags).toEqual({ few: 2, many: 8 });
    expectFigures(memoryFigures(result), result.maxRss === undefined ? 1 : 2);
  });
});

describe('a figure', () => {
  const figure: Figure = { bench: 'one', what: 'it is', value: 4, unit: 'x' };

  it('is judged by its target alone', () => {
    expect(verdictOf(figure)).toBeUndefined();
    expect(verdictOf({ ...figure, target: { atLeast: 4 }, goal: { atLeast: 9 } })).toBe('met');
    expect(verdictOf({ ...figure, target: { atMost: 3.9 } })).toBe('missed');
  });

  it('stands in the table with target, verdict and goal', () => {
    const table = renderFigures([{ ...figure, target: { atLeast: 5 }, goal: { atLeast: 9 }, remark: 'rough' }]);
    for (const part of ['4.00x', '≥ 5', 'missed', 'goal ≥ 9 not reached; rough']) expect(table).toContain(part);
  });
});

describe('what is compared', () => {
  it('is the middle of the times', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 2, 3, 10])).toBe(2.5);
  });

  it('cuts the same members by parse and stringify as by the command', () => {
    const bytes = makeFleet({ seed: 1, bags: 1, workflows: 1, size: 'small' }).next().value!.bytes;
    const { text, blobs } = roundTrip(bytes);
    const { state_data: bag } = JSON.parse(text) as { state_data: Record<string, unknown> };
    expect(bag).not.toHaveProperty('workflow_config');
    expect(bag.partition_map_s3_path).toMatch(/^s3:\/\/local\/workflow-partitions\/[0-9a-f]{64}\//);
    expect(blobs).toHaveLength(3);
  });

  it('fails loudly when a program does', async () => {
    await expect(
      runChild({ command: process.execPath, args: ['-e', 'console.error("no luck"); process.exit(3)'] }),
    ).rejects.toThrow('no luck');
  });
});

describe('npm run bench', () => {
  const INDEX = fileURLToPath(new URL('../../dist/bench/index.js', import.meta.url));
  const bench = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['--expose-gc', INDEX, ...args], { encoding: 'utf8' });

  it('prints the figures of one bench as JSON', () => {
    const { status, stdout } = bench('--only', 'blobs', '--quick', '--json', '--check');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      figures: [
        { bench: 'blobs', value: 12, verdict: 'met' },
        { bench: 'blobs', value: 24 },
      ],
    });
  });

  it('knows its benches', () => {
    expect(bench('--only', 'nothing')).toMatchObject({ status: 2, stdout: '' });
    expect(bench('--help').stdout).toContain('pipeline');
  });
});
