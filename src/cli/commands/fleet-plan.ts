import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RATES, estimate } from '../../fleet/estimate.js';
import type { EngineName, FleetShape, Rates, Requests } from '../../fleet/estimate.js';
import { readObjectInventory } from '../../fleet/manifest.js';
import { isTableUri } from '../../sources/dynamodb/id.js';
import { ConfigError, messageOf } from '../../errors/index.js';
import { openObjectStore, openStore } from '../../store/open.js';
import type { S3ObjectStoreOptions } from '../../store/s3.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { inspect } from '../../run/inspect.js';
import type { InspectedDocument } from '../../run/inspect.js';
import type { Totals } from '../../run/outcome.js';
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
    rates: path('file', 'FILE', 'JSON with rates that differ from the assumed ones'),
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
    'Reads a sample and writes nothing. It counts requests and names no prices: multiply by those of your account and region. Retries, KMS requests and logs are not counted.',
    'Its rates are default quotas and measured times, and some are not published by AWS (docs/scale.md); --rates FILE has your own.',
    'How many blobs are new is a range: at least those of the sample, at most as many for each document as in the sample. A larger --sample makes it narrower.',
  ],
  handler: planOut,
});

const ENGINES: readonly EngineName[] = ['cli', 's3-batch', 'map'];

type Options = PlanArguments['options'];

/** A number that a sample does not decide: the least and the most that it can be. */
interface Range<T> {
  readonly least: T;
  readonly most: T;
}

/** What the plan is made from. */
interface PlanShape extends Omit<FleetShape, 'newBlobs'> {
  /** Documents that were read. */
  readonly sample: number;
  /** Documents of the sample that failed or were quarantined. They count as not migrated. */
  readonly notUnderstood: number;
  /** Blobs that are new to an empty store, for the whole fleet. */
  readonly newBlobs: Range<number>;
}

interface EngineEstimate {
  readonly engine: EngineName;
  /** What holds the fleet up when most blobs are new. */
  readonly bottleneck: string;
  readonly seconds: Range<number>;
  readonly requests: Range<Requests>;
}

/** `fleet plan`: looks at a sample, and says what each engine would take for the whole. Nothing is written. */
async function planOut({ positionals: specs, options }: PlanArguments, io: CliIo): Promise<number> {
  const rates = await readRates(options, io);
  const shape = await shapeOf(specs, options, io);
  const estimates = ENGINES.map((engine) => estimateRange(shape, engine, rates));
  if (options.json)
    await print(io.stdout, `${JSON.stringify({ shape: roundAll(shape), estimates: roundAll(estimates), rates })}\n`);
  else await print(io.stdout, await tableOf(shape, estimates));
  return EXIT.ok;
}

function estimateRange({ newBlobs, ...shape }: PlanShape, engine: EngineName, rates: Rates): EngineEstimate {
  const migrated = Math.max(1, shape.documents * shape.migratedShare);
  const [least, most] = [newBlobs.least, newBlobs.most].map((blobs) =>
    estimate({ ...shape, newBlobs: blobs / migrated }, engine, rates),
  ) as [ReturnType<typeof estimate>, ReturnType<typeof estimate>];
  return {
    engine,
    bottleneck: most.bottleneck,
    seconds: { least: least.seconds, most: most.seconds },
    requests: { least: least.requests, most: most.requests },
  };
}

/** Every number to two digits after the point: they are averages of a sample. */
function roundAll<T>(value: T): T {
  const text = JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'number' ? Math.round(member * 100) / 100 : member,
  );
  return JSON.parse(text) as T;
}

async function shapeOf(specs: readonly string[], options: Options, io: CliIo): Promise<PlanShape> {
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
  let migratedBytes = 0;
  const onOutcome = ({ outcome, bytesBefore, bytesAfter }: InspectedDocument): void => {
    if (outcome === 'migrated') migratedBytes += Math.max(bytesBefore, bytesAfter);
  };
  const { totals } = await withProgress(io, !options.quiet, { onOutcome }, (ports) => inspect(request, ports));
  const open = async () =>
    openSources(specs, { io, s3, tables, ...ownPlaces(await openStore(settings, io.cwd), layout, []) });
  if (totals.documents === 0) throw new ConfigError('SOURCE_EMPTY', 'there is no document to look at');
  const whole =
    options.objects ?? (totals.documents < limit ? totals.documents : await countAll(options, await open(), s3));
  return {
    ...describeShape(totals, whole),
    migratedBytes: migratedBytes / Math.max(1, totals.migrated),
    isRows: specs.some(isTableUri),
  };
}

/** `whole`: documents of the fleet. */
function describeShape(totals: Totals, whole: number): Omit<PlanShape, 'isRows' | 'migratedBytes'> {
  const migrated = Math.max(1, totals.migrated);
  const documents = Math.max(whole, totals.documents);
  return {
    documents,
    sample: totals.documents,
    notUnderstood: totals.quarantined + totals.failed,
    migratedShare: totals.migrated / totals.documents,
    bytesBefore: totals.bytesBefore / totals.documents,
    bytesAfter: totals.bytesAfter / totals.documents,
    blobs: (totals.blobsWritten + totals.blobsReused) / migrated,
    // Documents share the blobs of their workflow, and a sample does not say how many workflows there are.
    newBlobs: { least: totals.blobsWritten, most: (totals.blobsWritten / totals.documents) * documents },
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

/** The assumed rates, but for those that the file names. Throws `ConfigError` `RATES_INVALID`. */
async function readRates({ rates: file }: Options, { cwd }: CliIo): Promise<Rates> {
  if (file === undefined) return RATES;
  const given = await readJson(resolve(cwd, file));
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(RATES, name) || typeof value !== 'number' || !(value >= 0))
      throw new ConfigError(
        'RATES_INVALID',
        `${file}: "${name}" is not a rate of a plan, or its value is not a number; there are ${Object.keys(RATES).join(', ')}`,
      );
  }
  return { ...RATES, ...given };
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new ConfigError('RATES_INVALID', `${path} cannot be read as JSON: ${messageOf(cause)}`, { cause });
  }
}

async function tableOf(shape: PlanShape, estimates: readonly EngineEstimate[]): Promise<string> {
  const { documents, sample, notUnderstood, migratedShare, bytesBefore, bytesAfter, blobs, newBlobs } = shape;
  const share = `${(migratedShare * 100).toFixed(1)} % to be migrated`;
  const rows: TableRow[] = [
    [
      'documents',
      formatCount(documents),
      sample < documents ? `${share}, by a sample of ${formatCount(sample)}` : share,
    ],
    ...(notUnderstood > 0
      ? [['not understood', formatCount(notUnderstood), 'documents of the sample; they count as not migrated'] as const]
      : []),
    ['bytes each', formatBytes(bytesBefore), `then ${formatBytes(bytesAfter)}`],
    ['blobs each', blobs.toFixed(2), 'documents of one workflow share them'],
    ['new blobs', formatRange(newBlobs), rangeRemark(newBlobs)],
    ...estimates.flatMap((one): TableRow[] => [
      ['', ''],
      [one.engine, formatDurations(one.seconds), `held up by ${one.bottleneck}`],
      ...requestRows(one.requests),
    ]),
  ];
  return formatTable(rows);
}

function rangeRemark({ least, most }: Range<number>): string {
  const ofSample =
    Math.round(least) === Math.round(most) ? '' : 'at least those of the sample, at most its share of all; ';
  return `${ofSample}if the store is empty`;
}

const KINDS: Readonly<Record<keyof Requests, string>> = {
  s3Gets: 'S3 GET',
  s3TagReads: 'S3 GET of tags',
  s3Puts: 'S3 PUT',
  s3Lists: 'S3 LIST',
  dynamoDbReadUnits: 'read units',
  dynamoDbWriteUnits: 'write units',
  lambdaInvocations: 'Lambda requests',
  lambdaGbSeconds: 'Lambda GB-seconds',
  stateTransitions: 'state transitions',
  batchObjects: 'objects of a job',
};

/** The kinds of which there are any. A part of one is one. */
function requestRows({ least, most }: Range<Requests>): readonly TableRow[] {
  const kinds = Object.keys(KINDS) as (keyof Requests)[];
  return kinds.flatMap((kind): TableRow[] => {
    const range = { least: Math.ceil(least[kind]), most: Math.ceil(most[kind]) };
    return range.most === 0 ? [] : [[`  ${KINDS[kind]}`, formatRange(range)]];
  });
}

/** `1,000 to 2,000`, or one number. */
function formatRange({ least, most }: Range<number>): string {
  const [low, high] = [formatCount(Math.round(least)), formatCount(Math.round(most))];
  return low === high ? low : `${low} to ${high}`;
}

function formatDurations({ least, most }: Range<number>): string {
  const [low, high] = [formatDuration(least), formatDuration(most)];
  return low === high ? low : `${low} to ${high}`;
}

function formatDuration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7_200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
