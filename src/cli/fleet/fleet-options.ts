import { choice, flag, optionGroup, path, required, text, whole, withDefault } from '../command.js';
import type { CommandArguments } from '../command.js';
import {
  concurrencyOptions,
  dynamodbOptions,
  journalOptions,
  layoutOptions,
  outputOptions,
  requiredStoreOptions,
  storeOptions,
} from '../options.js';

const inventory = text('URI', 's3://bucket/…/manifest.json of an S3 inventory in CSV');

export const planOptions = {
  ...optionGroup('Planning', {
    prices: path('file', 'FILE', 'JSON with prices and rates that differ from the usual ones'),
    sample: withDefault(whole('N', 'documents to look at for the plan'), 1000),
    objects: whole('N', 'documents in the whole fleet', 1, {
      otherwise: 'those of the sources or the inventory',
      conflicts: { inventory: 'both say how many documents there are' },
    }),
    inventory,
    to: choice(['lean', 'bridge'], 'form of the migrated bags', { otherwise: 'lean, for rows of a table bridge' }),
  }),
  ...requiredStoreOptions,
  ...layoutOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...outputOptions,
};

export type PlanArguments = CommandArguments<typeof planOptions>;

export const manifestOptions = {
  ...optionGroup('Manifest', {
    format: choice(['csv', 'jsonl'], 'csv for S3 Batch Operations, jsonl for a Distributed Map', {
      otherwise: 'by the name of --out',
    }),
    out: path('file', 'FILE', 'where the manifest goes', { otherwise: 'standard output' }),
    'dry-run': flag('count the tasks and write no manifest'),
    census: path('file', 'FILE', 'only what this file says is to be migrated: the output of inspect --json', {
      conflicts: { 'only-failed': 'both say which documents are left' },
    }),
    inventory,
    'only-failed': flag('only what failed according to --journal'),
    lines: whole('N', 'cut the objects of an export into ranges of N lines (jsonl)'),
  }),
  ...journalOptions,
  ...storeOptions,
  ...layoutOptions,
  ...dynamodbOptions,
  ...optionGroup('Output', { quiet: outputOptions.quiet }),
};

export type ManifestArguments = CommandArguments<typeof manifestOptions>;

export const collectOptions = {
  ...optionGroup('Collecting', {
    records: required(
      text('URI', 's3://bucket/prefix that the functions were given as STATEBAG_RECORDS'),
      'USAGE',
      's3://bucket/prefix, as the functions have it in STATEBAG_RECORDS',
    ),
    to: withDefault(choice(['lean', 'bridge'], 'what the functions made of the bags'), 'lean'),
    'dry-run': flag('read the records and reports, and write no journal'),
  }),
  ...journalOptions,
  ...requiredStoreOptions,
  ...layoutOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export type CollectArguments = CommandArguments<typeof collectOptions>;
