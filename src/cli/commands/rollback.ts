import type { RollbackOutcome } from '../../run/restore.js';
import { rollback } from '../../run/rollback.js';
import type { RollbackTotals } from '../../run/rollback.js';
import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import {
  applyOptions,
  dynamodbOptions,
  journalDirectory,
  journalOptions,
  outputOptions,
  outputSettings,
  storeOptions,
} from '../options.js';
import { concurrencyOptions } from '../run-options.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { formatBytes, formatCount } from '../reporters/sizes.js';
import type { TableRow } from '../reporters/table.js';
import { reachSettings } from '../reach-settings.js';
import { withProgress } from '../reporters/progress.js';
import { watchSignals } from '../watch-signals.js';

const options = {
  ...applyOptions('write'),
  ...journalOptions,
  ...concurrencyOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export const command = defineCommand({
  positionals: [],
  options,
  examples: [
    ['what would be restored; nothing is written', 'statebag rollback --journal statebag-journal'],
    ['restore', 'statebag rollback --journal statebag-journal --apply'],
  ],
  notes: [
    'A document is restored only if it is still what the migration wrote; one that was modified since is left as it is and reported.',
    'A row of a paused execution that was resumed since is left as it is and counts as unchanged.',
    'Blobs stay in the store. To restore what is left, run the same command again.',
  ],
  findings: 'a document could not be restored or was not started',
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
    journal: journalDirectory(values, io),
    apply,
    concurrency: values.concurrency,
    ...reachSettings(values),
  };
  const { totals } = await withProgress(io, !quiet, { stop, onOutcome }, (ports) => rollback(request, ports));
  await reporter.finish({ totals }, rows(totals, apply));
  if (!quiet) hint(totals, apply, given, io);
  return totals.failed + totals.notStarted > 0 ? EXIT.findings : EXIT.ok;
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

function hint({ notStarted }: RollbackTotals, isApplied: boolean, given: readonly string[], { stderr }: CliIo): void {
  if (notStarted > 0) stderr.write(`statebag: stopped as asked; to go on: ${formatCommandLine(given)}\n`);
  else if (!isApplied)
    stderr.write(
      `statebag: this was a dry run, nothing was written; to write: ${formatCommandLine(given, '--apply')}\n`,
    );
}
