import type { RollbackOutcome } from '../../run/restore.js';
import { rollback } from '../../run/rollback.js';
import type { RollbackReport, RollbackTotals, UndoneRun } from '../../run/rollback.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { damageOptions, damageSettings, journalOptions, requireJournal } from '../options/journal-options.js';
import { mapOptions, mapSettings } from '../options/map-options.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { concurrencyOptions, concurrencySetting, selectionOptions, selectionSettings } from '../options/run-options.js';
import { dynamodbOptions } from '../options/dynamodb-options.js';
import { storeOptions } from '../options/store-options.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { formatBytes, formatCount } from '../reporters/sizes.js';
import { damageRows } from '../reporters/status-figures.js';
import type { TableRow } from '../reporters/table.js';
import { reachSettings } from '../reach-settings.js';
import { withProgress } from '../reporters/progress.js';
import { watchSignals } from '../watch-signals.js';

const { limit, where } = selectionOptions;

const aimOptions = optionGroup('Which documents, and how fast', {
  run: { type: 'string', value: 'ID', describe: 'only what this run migrated: its id, the beginning of it, or last' },
  where: { ...where, describe: 'only documents with a bag whose member K had the value V' },
  limit,
});

const options = {
  ...optionGroup('What to do', {
    apply: { type: 'boolean', describe: 'write; without it everything is computed and nothing written' },
  }),
  ...journalOptions,
  ...aimOptions,
  ...damageOptions,
  ...mapOptions,
  ...concurrencyOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export const command = defineCommand({
  usage: '[SOURCE…] --journal DIR',
  positionals: { min: 0, max: Infinity },
  builder: options,
  examples: [
    ['what would be restored; nothing is written', 'statebag rollback --journal statebag-journal'],
    ['restore', 'statebag rollback --journal statebag-journal --apply'],
    [
      'restore what the last run did to one owner',
      'statebag rollback --journal statebag-journal --run last --where ownerId=acme --apply',
    ],
  ],
  notes: [
    'A document is restored only if it is still what the migration wrote; one that changed since is left alone and reported (exit 1).',
    'A row of a paused execution that was resumed since is left alone and counts as unchanged.',
    'A SOURCE is a file, a directory, a glob, s3://bucket/prefix or dynamodb://table of the journal. What is not chosen stays migrated.',
    'With --run a document gets the bytes that it had before that run; what later runs made of it is undone, too.',
    'Blobs stay in the store. Running it again restores what is left.',
  ],
  handler: rollbackCommand,
});

type RollbackArguments = CommandArguments<typeof options>;

async function rollbackCommand(args: RollbackArguments, io: CliIo): Promise<number> {
  const reporter = openReporter(io, outputSettings(args.options, io));
  const signals = watchSignals(io);
  try {
    return await reporting(reporter, () => work(args, reporter, signals.stop, io));
  } finally {
    signals.release();
  }
}

async function work(
  { positionals, options: values, given }: RollbackArguments,
  reporter: OutcomeReporter,
  stop: AbortSignal,
  io: CliIo,
): Promise<number> {
  const { apply, quiet } = values;
  const onOutcome = (outcome: RollbackOutcome) => reporter.add(documentMembers(outcome), outcome.outcome === 'failed');
  const request = {
    journal: requireJournal(values, io),
    apply,
    concurrency: concurrencySetting(values),
    sources: positionals,
    ...(values.run !== undefined && { run: values.run }),
    ...selectionSettings({ ...values, shard: undefined }),
    ...damageSettings(values),
    ...mapSettings(values),
    ...reachSettings(values),
  };
  const report = await withProgress(io, !quiet, { stop, onOutcome }, (ports) => rollback(request, ports));
  const { totals, runs, damaged } = report;
  await reporter.finish({ totals, runs, ...(damaged.length > 0 && { damaged }) }, [
    ...rows(report),
    ...damageRows(damaged),
  ]);
  if (!quiet) hint(totals, apply, formatCommandLine(given), io);
  return totals.failed + totals.notStarted + damaged.length > 0 ? EXIT.findings : EXIT.ok;
}

function documentMembers({ id, outcome, bytesBefore, bytesAfter, code, reason }: RollbackOutcome) {
  return {
    id,
    outcome,
    bytesBefore,
    bytesAfter,
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
  };
}

function rows({ applied, totals, runs }: RollbackReport): readonly TableRow[] {
  const { documents, rolledBack, unchanged, failed, notStarted, bytesAfter } = totals;
  return [
    ['documents', formatCount(documents)],
    [applied ? 'rolled back' : 'to be rolled back', formatCount(rolledBack), formatBytes(bytesAfter)],
    ['unchanged', formatCount(unchanged)],
    ['failed', formatCount(failed)],
    ...(notStarted > 0 ? [['not started', formatCount(notStarted)] as const] : []),
    ...runs.map((run) => runRow(run, applied)),
  ];
}

/** The id is whole: `--run` takes it. */
function runRow({ run, at, command, sources, documents }: UndoneRun, isApplied: boolean): TableRow {
  const remark = `documents of ${command} ${sources.join(' ')} at ${at}, run ${run}`;
  return [isApplied ? 'undone' : 'to be undone', formatCount(documents), remark];
}

function hint({ notStarted }: RollbackTotals, isApplied: boolean, line: string, { stderr }: CliIo): void {
  if (notStarted > 0) stderr.write(`statebag: stopped as asked; to go on: ${line}\n`);
  else if (!isApplied) stderr.write(`statebag: this was a dry run, nothing was written; to write: ${line} --apply\n`);
}
