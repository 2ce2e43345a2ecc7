import { adapterFigures } from './adapter-figures.js';
import { benchBlobs, blobsFigures } from './blobs.js';
import { benchCli, cliFigures } from './cli.js';
import { benchColdStart, coldStartFigures } from './cold-start.js';
import type { Figure } from './figure.js';
import { benchMemory, memoryFigures } from './memory.js';
import { benchPipeline, pipelineFigures } from './pipeline.js';
import { benchRows, rowsFigures } from './rows.js';
import { benchProxy, proxyFigures } from './proxy.js';
import { benchScan } from './scan.js';
import { benchStart, startFigures } from './start.js';
import { benchValidate, validateFigures } from './validate.js';

export interface Bench {
  readonly name: string;
  /** A quick run shows that it works; its figures are rough. */
  run(quick: boolean): Promise<readonly Figure[]>;
}

/** Every bench, the short ones first. A new one is a file here and a line. */
export const BENCHES: readonly Bench[] = [
  { name: 'scan', run: (quick) => Promise.resolve(scanFigures(quick ? 50 : 200)) },
  {
    name: 'pipeline',
    run: async (quick) =>
      pipelineFigures(await benchPipeline(quick ? { rounds: 5, bags: 12 } : { rounds: 25, bags: 24 })),
  },
  { name: 'adapter', run: (quick) => adapterFigures(quick ? 20 : 60) },
  {
    name: 'blobs',
    run: async (quick) =>
      blobsFigures(await benchBlobs(quick ? { bags: 24, workflows: 4 } : { bags: 400, workflows: 20 })),
  },
  {
    name: 'rows',
    run: async (quick) => rowsFigures(await benchRows(quick ? { rows: 40, rounds: 1 } : { rows: 400, rounds: 5 })),
  },
  { name: 'proxy', run: async (quick) => proxyFigures(await benchProxy(quick ? 20 : 200)) },
  { name: 'start', run: async (quick) => startFigures(await benchStart(quick ? 5 : 21)) },
  { name: 'cold-start', run: async (quick) => coldStartFigures(await benchColdStart(quick ? 3 : 21)) },
  {
    name: 'validate',
    run: async (quick) =>
      validateFigures(await benchValidate(quick ? { bags: 500, rounds: 1 } : { bags: 10_000, rounds: 3 })),
  },
  {
    name: 'cli',
    run: async (quick) =>
      cliFigures(
        await benchCli(quick ? { bags: 64, workflows: 8, rounds: 1 } : { bags: 512, workflows: 8, rounds: 3 }),
      ),
  },
  {
    name: 'memory',
    run: async (quick) =>
      memoryFigures(await benchMemory(quick ? { bags: 64, times: 8, rounds: 1 } : { bags: 64, times: 64, rounds: 3 })),
  },
];

function scanFigures(rounds: number): readonly Figure[] {
  const { bagBytes, scan, parse } = benchScan(rounds);
  const remark = `${scan.toFixed(0)} MB/s against ${parse.toFixed(0)} MB/s over a bag of ${(bagBytes / 1000).toFixed(0)} KB`;
  return [{ bench: 'scan', what: 'scan with recording over JSON.parse', value: scan / parse, unit: 'x', remark }];
}
