import { defineCommand } from '../command.js';
import { collectRun } from '../fleet/collect-run.js';
import { collectOptions, manifestOptions, planOptions } from '../fleet/fleet-options.js';
import { manifestOut } from '../fleet/manifest-out.js';
import { planOut } from '../fleet/plan-out.js';
import { READ_SOURCES, SOURCES } from '../options.js';

export const plan = defineCommand({
  positionals: [SOURCES],
  options: planOptions,
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

export const manifest = defineCommand({
  positionals: [{ ...READ_SOURCES, usage: '[SOURCE…]' }],
  options: manifestOptions,
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

export const collect = defineCommand({
  positionals: [
    { usage: '[REPORT…]', describe: 'manifest.json of a completion report, or of the results of a Map Run, in S3' },
  ],
  options: collectOptions,
  examples: [
    [
      'a journal of what a job or a Map Run has done',
      'statebag fleet collect s3://my-bucket/reports/job-1/manifest.json --records s3://my-bucket/records --store s3://my-bucket/bags --journal fleet-journal',
    ],
  ],
  notes: [
    'Then status, report, verify, rollback and migrate --only-failed work with that journal. Run it again as often as you like, while the fleet works and afterwards.',
  ],
  findings: 'documents failed, were quarantined or were not started',
  handler: collectRun,
});
