import { DEFAULT_LAYOUT } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { readAim } from '../journal/entries.js';
import type { Gap } from '../journal/coverage.js';
import type { RunEntry } from '../journal/entries.js';
import type { TableSettings } from '../sources/open.js';
import type { Shard } from '../sources/container-choice.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import type { OptionSpecs } from './command.js';

/**
 * The command line that was given, quoted for a shell, with further options in front of `--`, which ends them.
 * `--apply` replaces `--dry-run`.
 */
export function formatCommandLine(given: readonly string[], ...options: readonly string[]): string {
  const end = given.includes('--') ? given.indexOf('--') : given.length;
  const kept = given.slice(0, end).filter((word) => !options.includes('--apply') || word !== '--dry-run');
  const words = [...kept, ...options, ...given.slice(end)];
  return ['statebag', ...words].map(quote).join(' ');
}

/** The words without these options and their values. */
export function dropOptions(
  given: readonly string[],
  options: OptionSpecs,
  dropped: readonly string[],
): readonly string[] {
  const end = given.includes('--') ? given.indexOf('--') : given.length;
  const kept: string[] = [];
  for (let at = 0; at < end; at++) {
    const [, name, inline] = /^--([^=]+)(=)?/.exec(given[at]!) ?? [];
    if (name === undefined || !dropped.includes(name)) kept.push(given[at]!);
    else if (inline === undefined && options[name]?.kind !== 'flag') at++;
  }
  return [...kept, ...given.slice(end)];
}

/** Quotes an argument for a shell, if it needs that. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** What `migrate` writes into `options` of a run. */
interface KeptOptions {
  readonly manifestForm?: string;
  readonly isFormAsked?: boolean;
  readonly layout?: Layout;
  readonly out?: string;
  readonly shard?: Shard;
  readonly where?: readonly (readonly [string, string])[];
  readonly plan?: string;
  readonly allowBuckets?: readonly string[];
  readonly allowPrefixes?: readonly string[];
  readonly s3?: S3ObjectStoreOptions;
  readonly tables?: TableSettings;
}

/** The command line that does what a run has left, without its limits. */
export function continueLine({ run, sources }: Gap, directory: string): string {
  if (run.command === 'rollback') return rollbackLine(run, directory);
  const kept = run.options as KeptOptions;
  return formatCommandLine([
    'migrate',
    ...sources,
    ...storeArguments(run, kept),
    '--journal',
    directory,
    '--apply',
    ...workArguments(run, kept),
    ...reachArguments(kept),
  ]);
}

function rollbackLine(run: RunEntry, directory: string): string {
  const { sources = [], run: undone, where = [], limit } = readAim(run) ?? {};
  return formatCommandLine([
    'rollback',
    ...sources,
    ...['--journal', directory, '--apply'],
    ...given('--run', undone),
    ...where.flatMap(([name, value]) => ['--where', `${name}=${value}`]),
    ...given('--limit', limit?.toString()),
  ]);
}

function storeArguments(
  { store, bucket }: RunEntry,
  { allowBuckets = [], allowPrefixes = [] }: KeptOptions,
): readonly string[] {
  const inDirectory = store.startsWith('s3://') || bucket === 'local' ? [] : ['--bucket', bucket];
  return [
    '--store',
    store,
    ...inDirectory,
    ...allowBuckets.flatMap((name) => ['--allow-bucket', name]),
    ...allowPrefixes.flatMap((prefix) => ['--allow-prefix', prefix]),
  ];
}

function workArguments(
  { target }: RunEntry,
  { manifestForm, isFormAsked = false, layout, out, shard, where = [], plan }: KeptOptions,
): readonly string[] {
  const template = (option: string, kind: keyof Layout): readonly string[] =>
    given(option, layout?.[kind] === DEFAULT_LAYOUT[kind] ? undefined : layout?.[kind]);
  return [
    '--to',
    target,
    ...given('--manifest', isFormAsked || manifestForm === 'envelope' ? manifestForm : undefined),
    ...template('--config-key', 'config'),
    ...template('--map-key', 'map'),
    ...template('--manifest-key', 'manifest'),
    ...given('--out', out),
    ...given('--shard', shard && `${shard.index}/${shard.count}`),
    ...where.flatMap(([name, value]) => ['--where', `${name}=${value}`]),
    ...given('--plan', plan),
  ];
}

function reachArguments({ s3 = {}, tables = {} }: KeptOptions): readonly string[] {
  const count = (units: number | undefined): string | undefined => (units === undefined ? undefined : String(units));
  return [
    ...given('--endpoint', s3.endpoint),
    ...given('--region', s3.region ?? tables.region),
    ...(s3.forcePathStyle === true ? ['--path-style'] : []),
    ...given('--kms-key', s3.kmsKeyId),
    ...given('--expected-bucket-owner', s3.expectedBucketOwner),
    ...given('--dynamodb-endpoint', tables.endpoint),
    ...given('--max-rcu', count(tables.maxReadUnits)),
    ...given('--max-wcu', count(tables.maxWriteUnits)),
  ];
}

function given(option: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [option, value];
}
