import { parseLayout } from '../../bag/keys.js';
import type { Layout } from '../../bag/keys.js';
import type { ManifestForm } from '../../bag/manifest.js';
import { ConfigError } from '../../errors/index.js';
import type { S3ObjectStoreOptions } from '../../store/s3.js';

/** What a migrating function is told by its environment. */
export interface FleetSettings {
  /** `s3://bucket[/prefix]`, or a directory: where blobs go. */
  readonly store: string;
  /** Bucket inside a directory store. */
  readonly bucket?: string;
  /** `s3://bucket/prefix` of the records of tasks. */
  readonly records: string;
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly isFormAsked: boolean;
  readonly layout: Layout;
  readonly allowBuckets: readonly string[];
  readonly allowPrefixes: readonly string[];
  readonly s3: S3ObjectStoreOptions;
  readonly tables: { readonly region?: string; readonly endpoint?: string; readonly maxWriteUnits?: number };
  /** `s3://bucket/prefix` of the copies that lines of an export go to. */
  readonly out?: string;
  /** Containers in hand at a time in one invocation. */
  readonly concurrency: number;
  /** Milliseconds before the end of an invocation when nothing is begun any more. */
  readonly marginMs: number;
}

const VARIABLES = [
  'STORE',
  'BUCKET',
  'RECORDS',
  'TO',
  'MANIFEST',
  'CONFIG_KEY',
  'MAP_KEY',
  'MANIFEST_KEY',
  'ALLOW_BUCKETS',
  'ALLOW_PREFIXES',
  'ENDPOINT',
  'REGION',
  'PATH_STYLE',
  'KMS_KEY',
  'EXPECTED_BUCKET_OWNER',
  'DYNAMODB_ENDPOINT',
  'MAX_WCU',
  'OUT',
  'CONCURRENCY',
  'DEADLINE_MARGIN_MS',
] as const;

type Variable = (typeof VARIABLES)[number];
type Environment = Readonly<Record<string, string | undefined>>;
type Read = (name: Variable) => string | undefined;

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_MARGIN_MS = 10_000;

/**
 * Reads `STATEBAG_…` variables. Throws `ConfigError`: `VARIABLE_UNKNOWN`, `VARIABLE_INVALID`, `STORE_MISSING`,
 * `RECORDS_MISSING`.
 */
export function fleetSettings(env: Environment): FleetSettings {
  assertKnown(env);
  const read: Read = (name) => (env[`STATEBAG_${name}`] === '' ? undefined : env[`STATEBAG_${name}`]);
  return {
    store:
      read('STORE') ??
      raise(new ConfigError('STORE_MISSING', 'STATEBAG_STORE is missing: s3://bucket[/prefix], where blobs go')),
    records:
      read('RECORDS') ??
      raise(
        new ConfigError(
          'RECORDS_MISSING',
          'STATEBAG_RECORDS is missing: s3://bucket/prefix, where the records of tasks go',
        ),
      ),
    target: choice('TO', read('TO') ?? 'lean', ['lean', 'bridge']),
    manifestForm: choice('MANIFEST', read('MANIFEST') ?? 'list', ['list', 'envelope']),
    isFormAsked: read('MANIFEST') !== undefined,
    layout: parseLayout({
      ...given('config', read('CONFIG_KEY')),
      ...given('map', read('MAP_KEY')),
      ...given('manifest', read('MANIFEST_KEY')),
    }),
    allowBuckets: list(read('ALLOW_BUCKETS')),
    allowPrefixes: list(read('ALLOW_PREFIXES')),
    s3: s3Of(read),
    tables: {
      ...given('region', read('REGION')),
      ...given('endpoint', read('DYNAMODB_ENDPOINT')),
      ...given('maxWriteUnits', whole('MAX_WCU', read)),
    },
    concurrency: whole('CONCURRENCY', read) ?? DEFAULT_CONCURRENCY,
    marginMs: whole('DEADLINE_MARGIN_MS', read) ?? DEFAULT_MARGIN_MS,
    ...given('bucket', read('BUCKET')),
    ...given('out', read('OUT')),
  };
}

function s3Of(read: Read): S3ObjectStoreOptions {
  const pathStyle = read('PATH_STYLE');
  return {
    ...given('endpoint', read('ENDPOINT')),
    ...given('region', read('REGION')),
    ...given(
      'forcePathStyle',
      pathStyle === undefined ? undefined : choice('PATH_STYLE', pathStyle, ['on', 'off']) === 'on',
    ),
    ...given('kmsKeyId', read('KMS_KEY')),
    ...given('expectedBucketOwner', read('EXPECTED_BUCKET_OWNER')),
  };
}

/** A typing mistake must not pass for a default. */
function assertKnown(env: Environment): void {
  const unknown = Object.keys(env).find(
    (name) => name.startsWith('STATEBAG_') && !VARIABLES.some((known) => `STATEBAG_${known}` === name),
  );
  if (unknown === undefined) return;
  throw new ConfigError(
    'VARIABLE_UNKNOWN',
    `there is no variable ${unknown}; there are ${VARIABLES.map((name) => `STATEBAG_${name}`).join(', ')}`,
  );
}

function list(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function raise(error: ConfigError): never {
  throw error;
}

function given<N extends string, T>(name: N, value: T | undefined): Readonly<Partial<Record<N, T>>> {
  return (value === undefined ? {} : { [name]: value }) as Readonly<Partial<Record<N, T>>>;
}

function whole(name: Variable, read: Read): number | undefined {
  const text = read(name);
  if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text))
    throw new ConfigError('VARIABLE_INVALID', `STATEBAG_${name} takes a whole number from 1 on, not "${text}"`);
  return text === undefined ? undefined : Number(text);
}

function choice<const T extends string>(name: Variable, text: string, choices: readonly T[]): T {
  const found = choices.find((known) => known === text);
  if (found !== undefined) return found;
  throw new ConfigError('VARIABLE_INVALID', `STATEBAG_${name} takes ${choices.join(' or ')}, not "${text}"`);
}
