import { optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { dynamodbOptions } from '../options/dynamodb-options.js';
import { journalOptions } from '../options/journal-options.js';
import { layoutOptions } from '../options/layout-options.js';
import { outputOptions } from '../options/output-options.js';
import { concurrencyOptions } from '../options/run-options.js';
import { storeOptions } from '../options/store-options.js';

export const fleetOptions = {
  ...optionGroup('Planning', {
    prices: { type: 'string', value: 'FILE', describe: 'JSON with prices and rates that differ from the usual ones' },
    sample: { type: 'string', value: 'N', describe: 'documents to look at for the plan (default 1000)' },
    objects: {
      type: 'string',
      value: 'N',
      describe: 'documents in the whole fleet (default: those of the sources or the inventory)',
    },
  }),
  ...optionGroup('Manifest', {
    format: {
      type: 'string',
      value: 'csv|jsonl',
      describe: 'csv for S3 Batch Operations, jsonl for a Distributed Map (default by the name of --out)',
    },
    out: { type: 'string', value: 'FILE', describe: 'where the manifest goes (default standard output)' },
    census: {
      type: 'string',
      value: 'FILE',
      describe: 'only what this census says is to be migrated: the output of inspect --json',
    },
    inventory: { type: 'string', value: 'URI', describe: 's3://bucket/…/manifest.json of an S3 inventory in CSV' },
    'only-failed': { type: 'boolean', describe: 'only what failed according to --journal' },
    lines: { type: 'string', value: 'N', describe: 'cut the objects of an export into ranges of N lines (jsonl)' },
  }),
  ...optionGroup('Collecting', {
    records: {
      type: 'string',
      value: 'URI',
      describe: 's3://bucket/prefix that the functions were given as STATEBAG_RECORDS',
    },
    to: { type: 'string', value: 'lean|bridge', describe: 'what the functions made of the bags (default lean)' },
  }),
  ...journalOptions,
  ...storeOptions,
  ...layoutOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...outputOptions,
} as const;

export type FleetArguments = CommandArguments<typeof fleetOptions>;
