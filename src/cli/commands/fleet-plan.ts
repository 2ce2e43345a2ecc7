import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PRICES, RATES, estimate } from '../../fleet/estimate.js';
import type { EngineName, Estimate, FleetShape, Prices, Rates } from '../../fleet/estimate.js';
import { readObjectInventory } from '../../fleet/manifest.js';
import { isTableUri } from '../../sources/dynamodb/id.js';
import { ConfigError, messageOf } from '../../errors/index.js';
import { openObjectStore, openStore } from '../../store/open.js';
import type { S3ObjectStoreOptions } from '../../store/s3.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { inspect } from '../../run/inspect.js';
import { openSources } from '../../sources/open.js';
import type { OpenSource } from '../../sources/open.js';
import { choice, defineCommand, optionGroup, path, text, whole, withDefault } from '../command.js';
import type { CommandArguments } from '../command.js';
import {
  SOURCES,
  concurrencyOptions,
  dynamodbOptions,
  layoutOptions,
  layoutSettings,
  outputOptions,
  requiredStoreOptions,
  s3Settings,
  storeSettings,
  tableSettings,
} from '../options.js';
import { ownPlaces } from '../../sources/own-files.js';
import { formatBytes, formatCount, formatTable } from '../reporters/format.js';
import { withProgress } from '../reporters/outcome-reporter.js';
import type { TableRow } from '../reporters/format.js';

const options = {
  ...optionGroup('Planning', {
    prices: path('file', 'FILE', 'JSON with prices and rates that differ from the usual ones'),
    sample: withDefault(whole('N', 'documents to look at for the plan'), 1000),
    objects: whole('N', 'documents in the whole fleet', 1, {
      otherwise: 'those of the sources or the inventory',
      conflicts: { inventory: 'both say how many documents there are' },
    }),
    inventory: text('URI', 's3://bucket/…/manifest.json of an S3 inventory in CSV'),
    to: choice(['lean', 'bridge'], 'form of the migrated bags', { otherwise: 'lean, for rows of a table bridge' }),
  }),
  ...requiredStoreOptions,
  ...layoutOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...outputOptions,
};

type PlanArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  positionals: [SOURCES],
  options,
  examples: [
    ['what each engine would take', 'statebag fleet plan s3://my-bucket/paused/ --store s3://my-bucket/bags'],
    [
      'of a table, from a larger sample',
      'statebag fleet plan dynamodb://TaskTokens --store s3://my-bucket/bags --sample 5000',
    ],
  ],
  notes: [
    'Reads a sample and writes nothing. Its prices and rates are list prices and default quotas; --prices FILE has your own.',
  ],
  handler: planOut,
});

const ENGINES: readonly EngineName[] = ['cli', 's3-batch', 'map'];

type Options = PlanArguments['options'];

/** `fleet plan`: looks at a sample, and says what each engine would take for the whole. Nothing is written. */
async function planOut({ positionals: specs, options }: PlanArguments, io: CliIo): Promise<number> {
  const { rates, prices } = await readFigures(options, io);
  const shape = await shapeOf(specs, options, io);
  const estimates = ENGINES.map((engine) => estimate(shape, engine, rates, prices));
  if (options.json) await print(io.stdout, `${JSON.stringify({ shape, estimates, rates, prices })}\n`);
  else await print(io.stdout, await tableOf(shape, estimates));
  return EXIT.ok;
}

async function shapeOf(specs: readonly string[], options: Options, io: CliIo): Promise<FleetShape> {
  const layout = layoutSettings(options);
  const settings = storeSettings(options, options.store, layout);
  const s3 = s3Settings(options);
  const tables = tableSettings(options);
  const limit = options.sample;
  const request = {
    sources: specs,
    store: settings,
    s3,
    tables,
    layout,
    ...(options.to !== undefined && { target: options.to }),
    concurrency: options.concurrency,
    limit,
  };
  const { totals } = await withProgress(io, !options.quiet, {}, (ports) => inspect(request, ports));
  const open = async () =>
    openSources(specs, { io, s3, tables, ...ownPlaces(await openStore(settings, io.cwd), layout, []) });
  if (totals.documents === 0) throw new ConfigError('SOURCE_EMPTY', 'there is no document to look at');
  const whole =
    options.objects ?? (totals.documents < limit ? totals.documents : await countAll(options, await open(), s3));
  const migrated = Math.max(1, totals.migrated);
  return {
    documents: whole,
    migratedShare: totals.migrated / totals.documents,
    bytesBefore: totals.bytesBefore / totals.documents,
    bytesAfter: totals.bytesAfter / totals.documents,
    blobs: (totals.blobsWritten + totals.blobsReused) / migrated,
    newBlobs: totals.blobsWritten / migrated,
    isRows: specs.some(isTableUri),
  };
}

/** Containers, which are documents unless they hold lines. */
async function countAll(
  { inventory }: Options,
  sources: readonly OpenSource[],
  s3: S3ObjectStoreOptions,
): Promise<number> {
  if (inventory !== undefined)
    return lengthOf(readObjectInventory(inventory, (await openObjectStore(inventory, { s3 })).objects));
  let count = 0;
  for (const { source } of sources) count += await lengthOf(source.containers());
  return count;
}

async function lengthOf(stream: AsyncIterable<unknown>): Promise<number> {
  const iterator = stream[Symbol.asyncIterator]();
  let length = 0;
  while ((await iterator.next()).done !== true) length++;
  return length;
}

/** The usual figures, but for those that the file names. Throws `ConfigError` `PRICES_INVALID`. */
async function readFigures(
  { prices: file }: Options,
  { cwd }: CliIo,
): Promise<{ readonly rates: Rates; readonly prices: Prices }> {
  if (file === undefined) return { rates: RATES, prices: PRICES };
  const given = await readJson(resolve(cwd, file));
  for (const [name, value] of Object.entries(given)) {
    if (!(name in RATES || name in PRICES) || typeof value !== 'number' || !(value >= 0))
      throw new ConfigError(
        'PRICES_INVALID',
        `${file}: "${name}" is no figure of a plan, or its value no number; there are ${Object.keys({ ...PRICES, ...RATES }).join(', ')}`,
      );
  }
  return { rates: { ...RATES, ...given }, prices: { ...PRICES, ...given } };
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new ConfigError('PRICES_INVALID', `${path} cannot be read as JSON: ${messageOf(cause)}`, { cause });
  }
}

async function tableOf(
  { documents, migratedShare, bytesBefore, bytesAfter, blobs, newBlobs }: FleetShape,
  estimates: readonly Estimate[],
): Promise<string> {
  const rows: TableRow[] = [
    ['documents', formatCount(documents), `${(migratedShare * 100).toFixed(1)} % to be migrated`],
    ['bytes each', formatBytes(bytesBefore), `then ${formatBytes(bytesAfter)}`],
    ['blobs each', blobs.toFixed(2), `${newBlobs.toFixed(2)} of them new`],
    ...estimates.flatMap(({ engine, demand, seconds, bottleneck, dollars }): TableRow[] => [
      ['', ''],
      [engine, formatDuration(seconds), `held up by ${bottleneck}`],
      [
        '  requests',
        formatCount(Math.round(demand.gets + demand.puts)),
        `${formatCount(Math.round(demand.gets))} reads, ${formatCount(Math.round(demand.puts))} writes`,
      ],
      ...(demand.writeUnits > 0 ? [['  write units', formatCount(Math.round(demand.writeUnits))] as const] : []),
      ['  money', `$${dollars.toFixed(2)}`],
    ]),
  ];
  return formatTable(rows);
}

function formatDuration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7_200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
