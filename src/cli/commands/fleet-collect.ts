import { collectRun } from '../../fleet/collect-run.js';
import type { ResultEntry } from '../../journal/entries.js';
import { needsAttention } from '../../run/outcome.js';
import { omitUndefined } from '../../run/request.js';
import { choice, defineCommand, flag, optionGroup, required, text, withDefault } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import {
  dynamodbOptions,
  journalDirectory,
  journalOptions,
  layoutOptions,
  layoutSettings,
  outputOptions,
  outputSettings,
  requiredStoreOptions,
  storeSettings,
  tableSettings,
} from '../options.js';
import { totalRows } from '../reporters/run-figures.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';

const options = {
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

type CollectArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  positionals: [
    { usage: '[REPORT…]', describe: 'manifest.json of a completion report, or of the results of a Map Run, in S3' },
  ],
  options,
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
  handler: fleetCollect,
});

/** `fleet collect [REPORT…]`: records and reports of a fleet become a journal like that of `migrate`. */
async function fleetCollect({ positionals: reports, options: values }: CollectArguments, io: CliIo): Promise<number> {
  const reporter = openReporter(io, outputSettings(values, io));
  return reporting(reporter, async () => {
    const request = {
      journal: journalDirectory(values, io),
      records: values.records,
      reports,
      target: values.to,
      store: storeSettings(values, values.store, layoutSettings(values)),
      tables: tableSettings(values),
      dryRun: values['dry-run'],
    };
    const totals = await collectRun(request, io, (result) => reporter.add(members(result), isFinding(result)));
    await reporter.finish({ totals }, totalRows(totals, false));
    return needsAttention(totals) ? EXIT.findings : EXIT.ok;
  });
}

function members({ doc, outcome, generation, bytesBefore, bytesAfter, code, reason }: ResultEntry) {
  return { id: doc, outcome, generation, bytesBefore, bytesAfter, ...omitUndefined({ code, reason }) };
}

function isFinding({ outcome }: ResultEntry): boolean {
  return outcome === 'failed' || outcome === 'quarantined';
}
