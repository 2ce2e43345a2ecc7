import type { RollbackOutcome } from '../../run/restore.js';
import { rollback } from '../../run/rollback.js';
import type { RollbackTotals } from '../../run/rollback.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { damageOptions, damageSettings, journalOptions, requireJournal } from '../options/journal-options.js';
import { mapOptions, mapSettings } from '../options/map-options.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { concurrencyOptions, concurrencySetting } from '../options/run-options.js';
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

const options = {
  ...optionGroup('What to do', {
    apply: { type: 'boolean', describe: 'write; without it everything is computed and nothing written' },
  }),
  ...journalOptions,
  ...damageOptions,
  ...mapOptions,
  ...concurrencyOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export const command = defineCommand({
  usage: '--journal DIR',
  positionals: { min: 0, max: 0 },
  builder: options,
  examples: [
    ['what would be restored; nothing is written', 'statebag rollback --journal statebag-journal'],
    ['restore', 'statebag rollback --journal statebag-journal --apply'],
  ],
  notes: [
    'A document is restored only if it is still what the migration wrote; one that changed since is left alone and reported (exit 1).',
    'A row of a paused execution that was resumed since is left alone and counts as unchanged.',
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
  { options: values, given }: RollbackArguments,
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
    ...damageSettings(values),
    ...mapSettings(values),
    ...reachSettings(values),
  };
  const { totals, damaged } = await withProgress(io, !quiet, { stop, onOutcome }, (ports) => rollback(request, ports));
  const members = { totals, ...(damaged.length > 0 && { damaged }) };
  await reporter.finish(members, [...rows(totals, apply), ...damageRows(damaged)]);
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

function rows(
  { documents, rolledBack, unchanged, failed, notStarted, bytesAfter }: RollbackTotals,
  isApplied: boolean,
): readonly TableRow[] {
  return [
    ['documents', formatCount(documents)],
    [isApplied ? 'rolled back' : 'to be rolled back', formatCount(rolledBack), formatBytes(bytesAfter)],
    ['unchanged', formatCount(unchanged)],
    ['failed', formatCount(failed)],
    ...(notStarted > 0 ? [['not started', formatCount(notStarted)] as const] : []),
  ];
}

function hint({ notStarted }: RollbackTotals, isApplied: boolean, line: string, { stderr }: CliIo): void {
  if (notStarted > 0) stderr.write(`statebag: stopped as asked; to go on: ${line}\n`);
  else if (!isApplied) stderr.write(`statebag: this was a dry run, nothing was written; to write: ${line} --apply\n`);
}
