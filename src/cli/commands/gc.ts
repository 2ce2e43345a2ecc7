import type { BlobOutcome, CollectionPlan } from '../../run/collect.js';
import { collectGarbage } from '../../run/gc.js';
import type { CollectReport } from '../../run/gc.js';
import { omitUndefined } from '../../run/request.js';
import { parseDuration } from '../../run/retention.js';
import { readStoreBucket } from '../../run/store-bucket.js';
import type { StoreBucket } from '../../run/store-bucket.js';
import { defineCommand, flag, list, optionGroup, parsed, path } from '../command.js';
import type { CommandArguments } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import {
  applyOptions,
  concurrencyOptions,
  dynamodbOptions,
  layoutOptions,
  layoutSettings,
  outputOptions,
  outputSettings,
  READ_SOURCES,
  requiredStoreOptions,
  storeSettings,
  surveyOptions,
  surveySettings,
  tableSettings,
} from '../options.js';
import { watchSignals } from '../orders.js';
import { bucketRows } from '../reporters/bucket-figures.js';
import { formatBytes, formatCount, formatTable, listSome, paintFor } from '../reporters/format.js';
import { formatGarbage, garbageFindings, garbageReport, garbageRows } from '../reporters/garbage-figures.js';
import type { Garbage } from '../reporters/garbage-figures.js';

const duration = (describe: string, otherwise: string) =>
  parsed('time', 'TIME', (text, name) => parseDuration(name, text), describe, { otherwise });

const gcOptions = {
  ...applyOptions('delete'),
  ...optionGroup('What to do', {
    journal: list(path('directory', 'DIR', 'journal of runs into this store; their rollback and verify stay possible')),
    'no-journal': flag('no other journal of this store matters'),
  }),
  ...optionGroup('How long a blob is kept that nothing points to (the sum of the three)', {
    execution: duration('the longest that an execution may run', '366d'),
    redrive: duration('how long a failed execution may be redriven', '14d'),
    audit: duration('how long an auditor may ask what ran', '90d'),
  }),
  ...surveyOptions,
  ...requiredStoreOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...layoutOptions,
  ...outputOptions,
};

type GcArguments = CommandArguments<typeof gcOptions>;

export const command = defineCommand({
  positionals: [READ_SOURCES],
  options: gcOptions,
  examples: [
    [
      'what could be deleted; nothing is',
      'statebag gc s3://my-bucket/paused/ sfn://$ARN --store s3://my-bucket/bags --journal statebag-journal',
    ],
    [
      'delete it',
      'statebag gc s3://my-bucket/paused/ sfn://$ARN --store s3://my-bucket/bags --journal statebag-journal --apply',
    ],
  ],
  notes: [
    'A blob is deleted when no source, no journal and no other blob names its digest, and when it was neither written nor reused for the time given. What would be deleted is printed, and the proof: what was searched.',
    'The journals of all runs into the store are needed, or --no-journal: a rollback needs blobs that only its journal names.',
    'Name every place where bags are. When something was not read or not understood, nothing is deleted: a source without documents, a pipe or a link to nothing in a directory, a file that is no JSON, anything unreadable. --allow-empty is for empty sources only; --ignore is for what can have no bag.',
    'Of a directory every file is searched, whatever its name, compressed ones too.',
    'Only keys of the layout that hold a digest are considered; everything else in the store stays.',
    'Of a store in a directory, temporary files and locks of killed runs are deleted too ("leftovers"). If it cannot be proven that their process has ended, temporary files are kept for 48 hours, and locks stay.',
  ],
  findings: 'something was not read, a blob could not be deleted, or the run was stopped',
  handler: gc,
});

async function gc(args: GcArguments, io: CliIo): Promise<number> {
  const signals = watchSignals(io);
  try {
    const garbage = await collectAll(args, signals.stop, io);
    const { json, colour } = outputSettings(args.options, io);
    const bucket = await storeBucket(args, garbage.report.ttl);
    const text = json
      ? `${JSON.stringify({ ...garbageReport(garbage), ...(bucket && { bucket }) })}\n`
      : (await formatTable([...garbageRows(garbage), ...(bucket ? bucketRows(bucket) : [])])) +
        formatGarbage(garbage) +
        garbageFindings(garbage).format(io.cwd, (await paintFor(colour)).bad);
    await print(io.stdout, text);
    const { report } = garbage;
    if (!args.options.quiet) io.stderr.write(formatHint(report, formatCommandLine(args.given, '--apply')));
    return report.blind.length + report.failed > 0 || signals.stop.aborted ? EXIT.findings : EXIT.ok;
  } finally {
    signals.release();
  }
}

function storeBucket({ options: values }: GcArguments, ttl: number): Promise<StoreBucket | undefined> {
  const layout = layoutSettings(values);
  return readStoreBucket({ store: storeSettings(values, values.store, layout), layout, ttl });
}

async function collectAll(
  { positionals, options: values }: GcArguments,
  stop: AbortSignal,
  io: CliIo,
): Promise<Garbage> {
  const layout = layoutSettings(values);
  const blobs: BlobOutcome[] = [];
  const request = {
    sources: positionals,
    store: storeSettings(values, values.store, layout),
    tables: tableSettings(values),
    layout,
    concurrency: values.concurrency,
    apply: values.apply,
    journals: values.journal,
    noJournal: values['no-journal'],
    retention: omitUndefined({ execution: values.execution, redrive: values.redrive, audit: values.audit }),
    ...surveySettings(values),
  };
  const report = await collectGarbage(request, {
    stop,
    context: io,
    onOutcome: (blob) => void blobs.push(blob),
    onPlan: (plan) => {
      if (!values.quiet) io.stderr.write(formatPlan(plan));
    },
  });
  return { report, blobs, ignore: values.ignore };
}

/** What is about to be deleted, and why it may be. */
function formatPlan({ proof, keys, bytes }: CollectionPlan): string {
  const { documents, sources, journals, writtenBefore } = proof;
  const searched = `${formatCount(documents)} documents of ${sources.join(', ')} and ${formatCount(journals.length)} journals`;
  return [
    `statebag: deleting ${formatCount(keys.length)} blobs, ${formatBytes(bytes)}: last written before ${writtenBefore}, and named by none of ${searched}`,
    ...listSome(keys),
    '',
  ].join('\n');
}

function formatHint({ blind, applied }: CollectReport, line: string): string {
  if (blind.length > 0)
    return 'statebag: not proven what is garbage, nothing was deleted; see docs/errors.md for each code, then run it again\n';
  return applied ? '' : `statebag: this was a dry run, nothing was deleted; to delete: ${line}\n`;
}
