import { resolve } from 'node:path';
import { parseLayout } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import type { ManifestForm } from '../bag/manifest.js';
import { ConfigError } from '../errors/index.js';
import type { RunEntry } from '../journal/entries.js';
import type { Shard } from '../sources/container-choice.js';
import { isTableUri } from '../sources/dynamodb/id.js';
import type { TableSettings } from '../sources/open.js';
import type { StoreSettings } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import type { RunContext } from './context.js';
import type { MaxFailures } from './limits.js';

/** A string stands for `{ spec }`. */
export type StoreRequest = string | Omit<StoreSettings, 'layout'>;

/** Which documents of the sources a run takes. */
export interface Selection {
  /** Stop taking documents after so many. */
  readonly limit?: number;
  readonly shard?: Shard;
  /** Only bags whose members have these values, as they are spelled in the bag. */
  readonly where?: readonly (readonly [member: string, value: string])[];
}

/** What the sources need not have, and what is none of a command's concern. */
export interface InventorySelection {
  /** A source, file or object without documents is not a mistake. */
  readonly allowEmpty?: boolean;
  /** Patterns of entries that are left out: of names, or with a slash of whole paths and URIs. */
  readonly ignore?: readonly string[];
}

/** What is read, and how. */
export interface SourcesRequest {
  /** Files, directories, globs, `s3://bucket/prefix`, `dynamodb://table`, or `-` for standard input. */
  readonly sources: readonly string[];
  readonly tables?: TableSettings;
  /** Templates of blob keys that differ from the default layout. */
  readonly layout?: Partial<Layout>;
  /** Documents in hand at a time. Default 8. */
  readonly concurrency?: number;
}

/** A migration as plain JSON. Relative paths start at the `cwd` of the context. */
export interface MigrateRequest extends SourcesRequest, Selection, InventorySelection {
  readonly store: StoreRequest;
  /** Default `lean`, for rows of a table `bridge`. */
  readonly target?: 'lean' | 'bridge';
  /** Form of the segment manifest. When it is given, manifests of the other form are written again. */
  readonly manifestForm?: ManifestForm;
  /** Writes; without it everything is computed and nothing is written. */
  readonly apply?: boolean;
  /** Directory of the journal. Default `statebag-journal`. */
  readonly journal?: string;
  /** Copies go to this directory or file, or with `-` to the context's `stdout`, instead of a rewrite in place. */
  readonly out?: string;
  /** File for the plan of a dry run. */
  readonly planOut?: string;
  /** Plan that is carried out. */
  readonly plan?: string;
  /** Processes that write. Default 1. */
  readonly workers?: number;
  /** Only documents that failed or were quarantined, as the journal says. */
  readonly onlyFailed?: boolean;
  /**
   * Ends the run when more documents than this failed or were quarantined, without those of which the journal says the
   * same.
   */
  readonly maxFailures?: MaxFailures;
  /** Skip damaged places of the journal; `damaged` of the report names them. Default false. */
  readonly skipDamaged?: boolean | undefined;
  /** Writes also where a lifecycle rule of the bucket takes blobs away early. Default false. */
  readonly allowExpiry?: boolean;
}

/** Documents in hand at a time unless the request says otherwise. */
export const DEFAULT_CONCURRENCY = 8;

/** Where a run keeps its journal unless the request says otherwise: below the working directory. */
export const DEFAULT_JOURNAL = 'statebag-journal';

/** A migration with every default filled in and every path absolute. JSON, so that workers can have it. */
export interface CompleteRequest extends MigrateRequest {
  readonly store: StoreSettings;
  readonly tables: TableSettings;
  readonly layout: Layout;
  readonly target: 'lean' | 'bridge';
  readonly apply: boolean;
  readonly journal: string;
  readonly concurrency: number;
  readonly workers: number;
}

/** Throws `ConfigError` for members that contradict each other or that there are not. */
export function completeRequest(request: MigrateRequest, { cwd }: RunContext): CompleteRequest {
  assertKnown(request, MIGRATE_MEMBERS);
  const sources = completeSources(request);
  const path = (name: 'planOut' | 'plan') =>
    request[name] === undefined ? {} : { [name]: resolve(cwd, request[name]) };
  const complete: CompleteRequest = {
    ...sources,
    store: { ...asStore(request.store), layout: sources.layout },
    target: request.target ?? defaultTarget(request.sources),
    apply: request.apply ?? false,
    journal: resolve(cwd, request.journal ?? DEFAULT_JOURNAL),
    workers: request.workers ?? 1,
    ...path('planOut'),
    ...path('plan'),
  };
  refuseContradictions(complete);
  return complete;
}

/** The defaults of what every request over sources has. Throws `ConfigError` `LAYOUT_INVALID`. */
export function completeSources<R extends SourcesRequest>(
  request: R,
): R & { readonly layout: Layout; readonly tables: TableSettings; readonly concurrency: number } {
  return {
    ...request,
    layout: parseLayout(request.layout),
    tables: request.tables ?? {},
    concurrency: request.concurrency ?? DEFAULT_CONCURRENCY,
  };
}

export function asStore(store: StoreRequest): Omit<StoreSettings, 'layout'> {
  return typeof store === 'string' ? { spec: store } : store;
}

/**
 * What becomes of the bags unless the request says so: the unchanged resume handler takes a row only in the bridge
 * form. Throws `ConfigError` `USAGE` for rows beside other documents: one run has one target.
 */
export function defaultTarget(sources: readonly string[]): 'lean' | 'bridge' {
  const rows = sources.filter(isTableUri).length;
  if (rows === 0) return 'lean';
  if (rows === sources.length) return 'bridge';
  throw new ConfigError(
    'USAGE',
    'the default target of rows is bridge, and that of files is lean; name one with --to, or migrate them in two runs',
  );
}

const MIGRATE_MEMBERS: Readonly<Record<keyof MigrateRequest, true>> = {
  sources: true,
  tables: true,
  layout: true,
  concurrency: true,
  limit: true,
  shard: true,
  where: true,
  allowEmpty: true,
  ignore: true,
  store: true,
  target: true,
  manifestForm: true,
  apply: true,
  journal: true,
  out: true,
  planOut: true,
  plan: true,
  workers: true,
  onlyFailed: true,
  maxFailures: true,
  skipDamaged: true,
  allowExpiry: true,
};

/** Throws `ConfigError` `OPTION_UNKNOWN`: a misspelt member must not be ignored. */
export function assertKnown(request: object, members: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(request).find((name) => !Object.hasOwn(members, name));
  if (unknown === undefined) return;
  throw new ConfigError(
    'OPTION_UNKNOWN',
    `"${unknown}" is not a member of this request; it may have ${Object.keys(members).join(', ')}`,
  );
}

function refuseContradictions({ apply, plan, planOut, where, onlyFailed, out, workers, limit }: CompleteRequest): void {
  refuse(planOut !== undefined && apply, '--plan-out belongs to a dry run; leave --apply away');
  refuse(
    planOut !== undefined && plan !== undefined,
    '--plan-out makes a plan and --plan follows one; give one of them',
  );
  refuse(
    plan !== undefined && ((where ?? []).length > 0 || onlyFailed === true),
    '--plan names its documents; --where and --only-failed belong to making it',
  );
  refuse(
    workers > 1 && limit !== undefined,
    '--workers and --limit: each process would count for itself; give one of them',
  );
  refuse(workers > 1 && apply && out === '-', 'one stream cannot be shared by --workers');
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new ConfigError('USAGE', message);
}

/** How to reach what a journal names, where it is not what the run wrote down. */
export interface ReachRequest extends Partial<Omit<StoreSettings, 'layout'>> {
  readonly tables?: TableSettings;
}

/** What `migrate` writes into the `options` of a run to reach the same places again. */
interface KeptReach {
  readonly s3?: S3ObjectStoreOptions;
  readonly tables?: TableSettings;
  readonly allowBuckets?: readonly string[];
  readonly allowPrefixes?: readonly string[];
  readonly layout?: Layout;
}

/** The store that a run wrote to; members of `given` come before what the journal has. */
export function reachStore(given: ReachRequest, run: RunEntry): StoreSettings {
  const kept = run.options as KeptReach;
  const spec = given.spec ?? run.store;
  const bucket = given.bucket ?? (spec.startsWith('s3://') ? undefined : run.bucket);
  return {
    spec,
    bucket,
    allowBuckets: [...(kept.allowBuckets ?? []), ...(given.allowBuckets ?? [])],
    allowPrefixes: [...(kept.allowPrefixes ?? []), ...(given.allowPrefixes ?? [])],
    s3: { ...kept.s3, ...given.s3 },
    layout: kept.layout ?? {},
  };
}

/** The tables that a run wrote to; members of `given` come before what the journal has. */
export function reachTables(given: ReachRequest, run: RunEntry): TableSettings {
  const kept = run.options as KeptReach;
  return { ...kept.tables, ...given.tables };
}

type Present<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

/** The members that have a value: an optional member of an options object is absent, never `undefined`. */
export function omitUndefined<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** The same object but for some members. */
export function omit<T extends object, const N extends keyof T>(value: T, names: readonly N[]): Omit<T, N> {
  const left = new Set<unknown>(names);
  return Object.fromEntries(Object.entries(value).filter(([name]) => !left.has(name))) as Omit<T, N>;
}
