import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failedDocuments, summarizeJournal } from '../../journal/read.js';
import { idOf, manifestLine, readObjectInventory } from '../../fleet/manifest.js';
import type { ManifestFormat, ManifestItem } from '../../fleet/manifest.js';
import { ConfigError, messageOf } from '../../errors/index.js';
import { openObjectStore, openStore } from '../../store/open.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { openSources } from '../../sources/open.js';
import { choice, defineCommand, flag, optionGroup, path, text, whole } from '../command.js';
import type { CommandArguments } from '../command.js';
import {
  READ_SOURCES,
  dynamodbOptions,
  journalDirectory,
  journalOptions,
  layoutOptions,
  layoutSettings,
  outputOptions,
  s3Settings,
  storeOptions,
  storeSettings,
  tableSettings,
} from '../options.js';
import { ownPlaces } from '../../sources/own-files.js';
import { formatCount } from '../reporters/format.js';

const options = {
  ...optionGroup('Manifest', {
    format: choice(['csv', 'jsonl'], 'csv for S3 Batch Operations, jsonl for a Distributed Map', {
      otherwise: 'by the name of --out',
    }),
    out: path('file', 'FILE', 'where the manifest goes', { otherwise: 'standard output' }),
    'dry-run': flag('count the tasks and write no manifest'),
    census: path('file', 'FILE', 'only what this file says is to be migrated: the output of inspect --json', {
      conflicts: { 'only-failed': 'both say which documents are left' },
    }),
    inventory: text('URI', 's3://bucket/…/manifest.json of an S3 inventory in CSV'),
    'only-failed': flag('only what failed according to --journal'),
    lines: whole('N', 'cut the objects of an export into ranges of N lines (jsonl)'),
  }),
  ...journalOptions,
  ...storeOptions,
  ...layoutOptions,
  ...dynamodbOptions,
  ...optionGroup('Output', { quiet: outputOptions.quiet }),
};

type ManifestArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  positionals: [{ ...READ_SOURCES, usage: '[SOURCE…]' }],
  options,
  examples: [
    [
      'for S3 Batch Operations, of what inspect found',
      'statebag inspect s3://my-bucket/paused/ --json > census.json; statebag fleet manifest --census census.json --out manifest.csv',
    ],
    [
      'for a Distributed Map, from an inventory',
      'statebag fleet manifest --inventory s3://my-inventory/…/manifest.json --out manifest.jsonl',
    ],
    ['only what failed', 'statebag fleet manifest --only-failed --journal fleet-journal --out again.csv'],
  ],
  notes: ['Give a SOURCE, an --inventory, a --census, or --only-failed.'],
  handler: manifestOut,
});

/** `fleet manifest`: what a job or a Map is to work on, one line a task. */
async function manifestOut({ positionals, options }: ManifestArguments, io: CliIo): Promise<number> {
  if (positionals.length > 0 && options.inventory !== undefined)
    throw new ConfigError('USAGE', '--inventory lists the objects; leave the sources out');
  const format = formatOf(options);
  const lines: string[] = [];
  for await (const item of itemsOf(positionals, options, io)) {
    for (const part of await partsOf(item, options)) lines.push(manifestLine(part, format));
  }
  if (lines.length === 0)
    throw new ConfigError('MANIFEST_EMPTY', 'nothing is to be done: no object or row is left after what was asked for');
  const { out, quiet, 'dry-run': isDryRun } = options;
  if (!isDryRun)
    await (out === undefined ? print(io.stdout, lines.join('')) : writeFile(resolve(io.cwd, out), lines.join('')));
  const place = isDryRun ? '; this was a dry run, nothing was written' : out === undefined ? '' : ` in ${out}`;
  if (!quiet) io.stderr.write(`statebag: ${formatCount(lines.length)} tasks${place}\n`);
  return EXIT.ok;
}

type Options = ManifestArguments['options'];

function formatOf({ format, out = '' }: Options): ManifestFormat {
  return format ?? (/\.csv$/i.test(out) ? 'csv' : 'jsonl');
}

async function* itemsOf(specs: readonly string[], options: Options, io: CliIo): AsyncIterable<ManifestItem> {
  const wanted = await wantedIds(options, io);
  const seen = new Set<string>();
  for await (const item of candidates(specs, wanted, options, io)) {
    if ((wanted && !wanted.has(item.id)) || seen.has(item.id)) continue;
    // Only ids that may come twice are remembered: those of a census or a journal.
    if (wanted) seen.add(item.id);
    yield item;
  }
}

async function* candidates(
  specs: readonly string[],
  wanted: ReadonlySet<string> | undefined,
  options: Options,
  io: CliIo,
): AsyncIterable<ManifestItem> {
  if (options.inventory !== undefined) {
    const { objects } = await openObjectStore(options.inventory, { s3: s3Settings(options) });
    for await (const object of readObjectInventory(options.inventory, objects))
      yield { id: idOf(object), ...(object.versionId !== undefined && { versionId: object.versionId }) };
  } else if (specs.length > 0) yield* listed(specs, options, io);
  else if (wanted) for (const id of wanted) yield { id };
  else throw new ConfigError('USAGE', 'name a source, an --inventory, a --census, or --only-failed with --journal');
}

async function* listed(specs: readonly string[], options: Options, io: CliIo): AsyncIterable<ManifestItem> {
  const store =
    options.store === undefined
      ? undefined
      : await openStore(storeSettings(options, options.store, layoutSettings(options)), io.cwd);
  const own = ownPlaces(store, layoutSettings(options), []);
  const sources = await openSources(specs, { io, s3: s3Settings(options), tables: tableSettings(options), ...own });
  for (const { source } of sources) for await (const { id } of source.containers()) yield { id };
}

/** Containers that a census or a journal says something is to be done to; `undefined` for all. */
async function wantedIds(options: Options, io: CliIo): Promise<ReadonlySet<string> | undefined> {
  if (options['only-failed'])
    return containersOf(failedDocuments(await summarizeJournal(journalDirectory(options, io))));
  return options.census === undefined ? undefined : containersOf(await censusIds(resolve(io.cwd, options.census)));
}

function containersOf(ids: Iterable<string>): ReadonlySet<string> {
  return new Set(Array.from(ids, (id) => id.replace(/#L\d+$/, '')));
}

/** Documents that a census says would be migrated, or could not be looked at for want of a store. */
async function censusIds(path: string): Promise<readonly string[]> {
  try {
    const { documents } = JSON.parse(await readFile(path, 'utf8')) as {
      readonly documents: readonly { readonly id: string; readonly outcome: string }[];
    };
    return documents.filter(({ outcome }) => outcome === 'migrated' || outcome === 'not-started').map(({ id }) => id);
  } catch (cause) {
    throw new ConfigError(
      'CENSUS_INVALID',
      `${path} is no census: statebag inspect --json makes one (${messageOf(cause)})`,
      { cause },
    );
  }
}

/** An export is cut into ranges of lines, everything else is taken whole. */
async function partsOf(item: ManifestItem, options: Options): Promise<readonly ManifestItem[]> {
  if (options.lines === undefined || !/^s3:.*\.(ndjson|jsonl)$/i.test(item.id)) return [item];
  const step = options.lines;
  const total = await linesIn(item.id, options);
  return Array.from({ length: Math.ceil(total / step) }, (_, at) => ({
    id: item.id,
    lines: [at * step + 1, Math.min(total, (at + 1) * step)] as const,
  }));
}

async function linesIn(id: string, options: Options): Promise<number> {
  const { objects, bucket, prefix: key } = await openObjectStore(id, { s3: s3Settings(options) });
  const { bytes } = await objects.get({ bucket, key });
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return bytes.length === 0 || bytes.at(-1) === 0x0a ? lines : lines + 1;
}
