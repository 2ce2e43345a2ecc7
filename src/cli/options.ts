import { resolve } from 'node:path';
import { parseLayout } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { ConfigError } from '../errors/index.js';
import { FORMATS } from '../findings/format-names.js';
import type { Format } from '../findings/format-names.js';
import type { SummarizeOptions } from '../journal/read.js';
import type { ReachRequest, Selection } from '../run/request.js';
import { DEFAULT_CONCURRENCY, DEFAULT_JOURNAL, omitUndefined } from '../run/request.js';
import type { IdMapping } from '../sources/open-containers.js';
import type { StoreSettings } from '../store/open.js';
import type { TableSettings } from '../sources/open.js';
import { parseShard } from '../sources/container-choice.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import {
  choice,
  flag,
  list,
  optionGroup,
  parsed,
  path,
  rareGroup,
  required,
  text,
  whole,
  withDefault,
} from './command.js';
import type { OptionValues, Positional } from './command.js';
import type { CliIo } from './io.js';

/** Documents to read, and to write back. */
export const SOURCES: Positional = {
  usage: 'SOURCE…',
  describe:
    'a file, a directory, a pipe, a glob in quotes, s3://bucket/prefix, dynamodb://table, or - for standard input; *.ndjson and *.jsonl hold a document a line',
};

/** Documents to read: executions of a state machine too. */
export const READ_SOURCES: Positional = {
  ...SOURCES,
  describe: SOURCES.describe.replace(', or -', ', sfn://{arn of a state machine}, or -'),
};

export const ONE_DOCUMENT: Positional = { usage: 'FILE|-', describe: 'a file, or - for standard input' };

/** How to reach S3, for a store and for sources alike. */
export const s3Options = rareGroup('S3', {
  endpoint: text('URL', 'an S3-compatible server or a VPC endpoint'),
  region: text('NAME', 'AWS region', { otherwise: 'that of the environment or profile' }),
  'path-style': flag('address buckets as host/bucket/key (always so with --endpoint)'),
  'kms-key': text('ID', 'KMS key for objects that are written without an encryption of their own'),
  'expected-bucket-owner': text('ACCOUNT', 'account that must own every bucket'),
});

/** As a journal keeps them, so that `verify` and `rollback` reach the same S3. No credentials among them. */
export function s3Settings(values: OptionValues<typeof s3Options>): S3ObjectStoreOptions {
  return omitUndefined({
    endpoint: values.endpoint,
    region: values.region,
    forcePathStyle: values['path-style'] || undefined,
    kmsKeyId: values['kms-key'],
    expectedBucketOwner: values['expected-bucket-owner'],
  });
}

/** Name of a store, as every command takes it. */
export const STORE = text('S', 's3://bucket[/prefix], or a directory that holds <bucket>/<key>');
/** What to give for it. */
export const STORE_HINT = 's3://bucket[/prefix], or a directory';

const furtherStoreOptions = {
  ...rareGroup('Store, further options', {
    bucket: text('NAME', 'bucket inside a directory store', { otherwise: 'local' }),
    'allow-bucket': list(
      text('NAME', 'further bucket in which pointers may lead to the same key layouts as in that of the store'),
    ),
    'allow-prefix': list(
      text(
        'PREFIX',
        'folder in which pointers may lead to any key: s3://bucket/prefix/, or prefix/ in the bucket of the store',
      ),
    ),
  }),
  ...s3Options,
};

/** Which store holds the blobs, and how to reach it. */
export const storeOptions = { ...optionGroup('Store', { store: STORE }), ...furtherStoreOptions };

/** For commands that cannot do without a store. */
export const requiredStoreOptions = {
  ...optionGroup('Store', { store: required(STORE, 'STORE_MISSING', STORE_HINT) }),
  ...furtherStoreOptions,
};

/** For commands that say no where a lifecycle rule of the bucket takes blobs away. */
export const expiryOption = {
  'allow-expiry': flag('lifecycle rules may delete or archive blobs: every execution ends earlier'),
};

type StoreValues = OptionValues<typeof storeOptions>;

export function storeSettings(values: StoreValues, spec: string, layout: Layout): StoreSettings {
  return {
    spec,
    bucket: values.bucket,
    allowBuckets: values['allow-bucket'],
    allowPrefixes: values['allow-prefix'],
    s3: s3Settings(values),
    layout,
  };
}

/** How to reach tables, and how many of their units to use. */
export const dynamodbOptions = rareGroup('DynamoDB', {
  'dynamodb-endpoint': text('URL', 'DynamoDB Local or a VPC endpoint (--endpoint is that of S3)'),
  'max-wcu': whole('N', 'write units a second, at most', 1, { otherwise: 'until the table throttles, then less' }),
  'max-rcu': whole('N', 'read units a second, at most'),
});

/** As a journal keeps them, so that `verify` and `rollback` reach the same table. No credentials among them. */
export function tableSettings(
  values: OptionValues<typeof dynamodbOptions> & { readonly region?: string | undefined },
): TableSettings {
  return omitUndefined({
    region: values.region,
    endpoint: values['dynamodb-endpoint'],
    maxReadUnits: values['max-rcu'],
    maxWriteUnits: values['max-wcu'],
  });
}

/** What the command line says of the places that a journal names. */
export function reachSettings(values: OptionValues<typeof storeOptions & typeof dynamodbOptions>): ReachRequest {
  return {
    ...(values.store !== undefined && { spec: values.store }),
    ...(values.bucket !== undefined && { bucket: values.bucket }),
    allowBuckets: values['allow-bucket'],
    allowPrefixes: values['allow-prefix'],
    s3: s3Settings(values),
    tables: tableSettings(values),
  };
}

/** Under which keys blobs are stored. */
export const layoutOptions = rareGroup('Keys of blobs, with the placeholders {ownerId}, {workflowId} and {sha256}', {
  'config-key': text('TEMPLATE', 'of workflow_config', {
    otherwise: 'workflow-configs/{ownerId}/{workflowId}/{sha256}/config.json',
  }),
  'map-key': text('TEMPLATE', 'of partition_map', {
    otherwise: 'workflow-partitions/{ownerId}/{workflowId}/{sha256}/partition_map.json',
  }),
  'manifest-key': text('TEMPLATE', 'of the manifest', {
    otherwise: 'workflow-manifests/{ownerId}/{workflowId}/{sha256}/segment_manifest.json',
  }),
});

/** Throws `ConfigError` `LAYOUT_INVALID`. */
export function layoutSettings(values: OptionValues<typeof layoutOptions>): Layout {
  return parseLayout(
    omitUndefined({ config: values['config-key'], map: values['map-key'], manifest: values['manifest-key'] }),
  );
}

/** For commands that rewrite or delete. Without `--apply` they are dry runs. */
export function applyOptions(describe: string) {
  return optionGroup('What to do', {
    apply: flag(`${describe}; without it, everything is computed and nothing is changed`, {
      conflicts: { 'dry-run': 'one changes things and the other does not' },
    }),
    'dry-run': flag('what happens without --apply'),
  });
}

export const journalOptions = optionGroup('What to do', {
  journal: withDefault(path('directory', 'DIR', 'where the journal is'), DEFAULT_JOURNAL),
});

/** Absolute. */
export function journalDirectory({ journal }: OptionValues<typeof journalOptions>, { cwd }: CliIo): string {
  return resolve(cwd, journal);
}

/** For commands that read what earlier runs wrote. */
export const damageOptions = optionGroup('What to do', {
  'skip-damaged': flag('skip damaged lines of the journal, and report how many'),
});

export function damageSettings({ 'skip-damaged': skipDamaged }: OptionValues<typeof damageOptions>): SummarizeOptions {
  return { skipDamaged };
}

/** For commands that open the documents of a journal. */
export const mapOptions = optionGroup('What to do', {
  map: list(
    parsed(
      'text',
      'OLD=NEW',
      parseMapping,
      'documents were moved: their paths or URIs start with OLD in the journal, and with NEW now',
    ),
  ),
});

export function mapSettings({ map }: OptionValues<typeof mapOptions>): { readonly map: IdMapping } {
  return { map };
}

function parseMapping(given: string): readonly [string, string] {
  const equals = given.indexOf('=');
  if (equals > 0 && equals < given.length - 1) return [given.slice(0, equals), given.slice(equals + 1)];
  throw new ConfigError('USAGE', `--map takes OLD=NEW, two paths or URIs, not "${given}"`);
}

const NO_COLOR = flag('no colours (also: the environment variable NO_COLOR)');

/** How a command reports. */
export const outputOptions = optionGroup('Output', {
  json: flag('one JSON document on standard output and nothing else there'),
  quiet: flag('no progress and no hints'),
  'no-color': NO_COLOR,
});

export interface OutputSettings {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether standard output takes colours. */
  readonly colour: boolean;
}

export function outputSettings(values: OptionValues<typeof outputOptions>, io: CliIo): OutputSettings {
  return { json: values.json, quiet: values.quiet, colour: isColourful(values, io) };
}

/** Whether standard output takes colours, and the user did not refuse them. */
export function isColourful(values: { readonly 'no-color': boolean }, { stdout, env }: CliIo): boolean {
  return stdout.isTTY === true && !values['no-color'] && (env.NO_COLOR ?? '') === '';
}

/** How a check reports what it found. */
export const formatOptions = optionGroup('Output', {
  format: choice(FORMATS, 'format of the report', { otherwise: 'pretty' }),
  json: flag('the same as --format json'),
  'no-color': NO_COLOR,
});

/** Throws `ConfigError` `USAGE` for two formats. */
export function formatOf({ format, json }: OptionValues<typeof formatOptions>): Format {
  if (json && format !== undefined && format !== 'json')
    throw new ConfigError('USAGE', `--json and --format ${format} are two formats`);
  return json ? 'json' : (format ?? 'pretty');
}

/** For commands that read every document of their sources. */
export const surveyOptions = optionGroup('What to look for', {
  'allow-empty': flag('a source, file or object without documents is not a mistake'),
  ignore: list(
    text('GLOB', 'leave out entries with such names, or with a slash such paths or URIs; the answer repeats it'),
  ),
});

/** As a request has it. */
export function surveySettings(values: OptionValues<typeof surveyOptions>): {
  readonly allowEmpty: boolean;
  readonly ignore: readonly string[];
} {
  return { allowEmpty: values['allow-empty'], ignore: values.ignore };
}

const WHICH = 'Which documents, and how fast';

/** How many documents are worked on at a time. */
export const concurrencyOptions = optionGroup(WHICH, {
  concurrency: withDefault(whole('N', 'documents in hand at a time'), DEFAULT_CONCURRENCY),
});

/** What may change while a run goes on. */
export const paceOptions = {
  ...concurrencyOptions,
  ...optionGroup(WHICH, {
    control: path('file', 'FILE', 'a file that is read twice a second: pause, resume, concurrency N or finish'),
  }),
};

/** Which documents a run is about. */
export const selectionOptions = optionGroup(WHICH, {
  limit: whole('N', 'stop taking documents after N'),
  shard: parsed('text', 'I/N', parseShard, 'the I-th of N parts; together the parts are everything, once'),
  where: list(parsed('text', 'K=V', parseCondition, 'only bags whose member K has the value V')),
});

export function selectionSettings({ limit, shard, where }: OptionValues<typeof selectionOptions>): Selection {
  return { ...omitUndefined({ limit, shard }), ...(where.length > 0 && { where }) };
}

function parseCondition(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ConfigError('USAGE', `--where takes NAME=VALUE, not "${text}"`);
}
