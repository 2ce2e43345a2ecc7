import type { RollbackOutcome } from '../../run/restore.js';
import { rollback } from '../../run/rollback.js';
import type { RollbackReport, RollbackTotals, UndoneRun } from '../../run/rollback.js';
import { defineCommand, optionGroup, text } from '../command.js';
import type { CommandArguments } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import { isOutputFailure } from '../io.js';
import type { CliIo } from '../io.js';
import {
  applyOptions,
  damageOptions,
  damageSettings,
  dynamodbOptions,
  journalDirectory,
  journalOptions,
  mapOptions,
  mapSettings,
  outputOptions,
  outputSettings,
  paceOptions,
  reachSettings,
  selectionOptions,
  selectionSettings,
  storeOptions,
} from '../options.js';
import { unprovenRows } from '../reporters/bucket-figures.js';
import { openReporter, reporting, withDeeds, withLateFailure, withProgress } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { formatBytes, formatCount } from '../reporters/format.js';
import { flawMembers, flawRows } from '../reporters/status-figures.js';
import type { TableRow } from '../reporters/format.js';
import { watchOrders } from '../orders.js';
import type { OrderWatch } from '../orders.js';

const { limit, where } = selectionOptions;

const aimOptions = optionGroup('Which documents, and how fast', {
  run: text('ID', 'only what this run migrated: its id, the beginning of it, or last'),
  where: { ...where, describe: 'only documents with a bag whose member K had the value V' },
  limit,
});

const options = {
  ...applyOptions('write'),
  ...journalOptions,
  ...aimOptions,
  ...damageOptions,
  ...mapOptions,
  ...paceOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export const command = defineCommand({
  positionals: [
    {
      usage: '[SOURCE…]',
      describe: 'a file, a directory, a glob in quotes, s3://bucket/prefix or dynamodb://table that the journal has',
    },
  ],
  options,
  examples: [
    ['what would be restored; nothing is written', 'statebag rollback --journal statebag-journal'],
    ['restore', 'statebag rollback --journal statebag-journal --apply'],
    [
      'restore what the last run did to one owner',
      'statebag rollback --journal statebag-journal --run last --where ownerId=acme --apply',
    ],
  ],
  notes: [
    'A document is restored only if it is still what the migration wrote; one that was modified since is left as it is and reported.',
    'A row of a paused execution that was resumed since is left as it is and counts as unchanged.',
    'Documents that are not chosen stay migrated.',
    'With --run, a document gets the bytes that it had before that run; what later runs did to it is undone, too.',
    'Blobs stay in the store. To restore what is left, run the same command again.',
  ],
  findings: 'a document could not be restored or was not started',
  handler: rollbackCommand,
});

type RollbackArguments = CommandArguments<typeof options>;

async function rollbackCommand(args: RollbackArguments, io: CliIo): Promise<number> {
  const opened = openReporter(io, outputSettings(args.options, io));
  const { apply } = args.options;
  const reporter = apply ? withLateFailure(opened) : opened;
  let restored = 0;
  const onRestored = () => restored++;
  const orders = await watchOrders(args.options, io);
  try {
    return await reporting(reporter, () => work(args, reporter, orders, onRestored, io));
  } catch (error) {
    if (!apply || !isOutputFailure(error)) throw error;
    throw withDeeds(error, restored, 'rolled back', journalDirectory(args.options, io));
  } finally {
    orders.release();
  }
}

async function work(
  { positionals, options: values, given }: RollbackArguments,
  reporter: OutcomeReporter,
  { stop, pace }: OrderWatch,
  onRestored: () => void,
  io: CliIo,
): Promise<number> {
  const { apply, quiet } = values;
  const onOutcome = (outcome: RollbackOutcome) => {
    if (outcome.outcome === 'rolled-back') onRestored();
    return reporter.add(documentMembers(outcome), outcome.outcome === 'failed');
  };
  const request = {
    journal: journalDirectory(values, io),
    apply,
    concurrency: values.concurrency,
    sources: positionals,
    ...(values.run !== undefined && { run: values.run }),
    ...selectionSettings({ ...values, shard: undefined }),
    ...damageSettings(values),
    ...mapSettings(values),
    ...reachSettings(values),
  };
  const report = await withProgress(io, !quiet, { stop, ...(pace && { pace }), onOutcome }, (ports) =>
    rollback(request, ports),
  );
  const { totals, runs, damaged, discrepancies, unproven } = report;
  await reporter.finish({ totals, runs, ...flawMembers(report), ...(unproven.length > 0 && { unproven }) }, [
    ...rows(report),
    ...flawRows(report),
    ...unprovenRows(unproven),
  ]);
  if (!quiet) hint(totals, apply, given, io);
  return totals.failed + totals.notStarted + damaged.length + discrepancies.length > 0 ? EXIT.findings : EXIT.ok;
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
    ...(notStarted > 0 ? [['not started', formatCount(notStarted), 'stopped early'] as const] : []),
    ...runs.map((run) => runRow(run, applied)),
  ];
}

/** The id is whole: `--run` takes it. */
function runRow({ run, at, command, sources, documents }: UndoneRun, isApplied: boolean): TableRow {
  const remark = `documents of ${command} ${sources.join(' ')} at ${at}, run ${run}`;
  return [isApplied ? 'undone' : 'to be undone', formatCount(documents), remark];
}

function hint({ notStarted }: RollbackTotals, isApplied: boolean, given: readonly string[], { stderr }: CliIo): void {
  if (notStarted > 0) stderr.write(`statebag: stopped as asked; to go on: ${formatCommandLine(given)}\n`);
  else if (!isApplied)
    stderr.write(
      `statebag: this was a dry run, nothing was written; to write: ${formatCommandLine(given, '--apply')}\n`,
    );
}
