import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { journalOptions, requireJournal } from '../options/journal-options.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { concurrencyOptions, concurrencySetting } from '../options/run-options.js';
import { storeOptions } from '../options/store-options.js';
import { jsonOutcomeReporter, textOutcomeReporter } from '../reporters/outcome-reporter.js';
import { formatBytes, formatCount } from '../reporters/sizes.js';
import type { TableRow } from '../reporters/table.js';
import { rollBack } from '../roll-back.js';
import type { RollbackTotals } from '../roll-back.js';
import { optionGroup } from '../command.js';
import { watchSignals } from '../watch-signals.js';

const options = {
  ...optionGroup('What to do', { apply: { type: 'boolean', describe: 'write; without it everything is computed and nothing written' } }),
  ...journalOptions,
  ...concurrencyOptions,
  ...storeOptions,
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
    'Blobs stay in the store. Running it again restores what is left.',
  ],
  handler: rollbackCommand,
});

async function rollbackCommand({ options: values, given }: CommandArguments<typeof options>, io: CliIo): Promise<number> {
  const directory = requireJournal(values, io);
  const output = outputSettings(values, io);
  const reporter = output.json ? jsonOutcomeReporter(io.stdout) : textOutcomeReporter(io, output);
  const signals = watchSignals(io);
  try {
    const totals = await rollBack({
      directory,
      values,
      apply: values.apply,
      concurrency: concurrencySetting(values),
      quiet: output.quiet,
      stop: signals.stop,
      io,
      onOutcome: ({ id, outcome, bytesBefore, bytesAfter, code, reason }) =>
        reporter.add({ id, outcome, bytesBefore, bytesAfter, ...(code && { code }), ...(reason && { reason }) }, outcome === 'failed'),
    });
    await reporter.finish({ totals }, rows(totals, values.apply));
    if (!output.quiet) hint(totals, values.apply, formatCommandLine(given), io);
    return totals.failed + totals.notStarted > 0 ? EXIT.findings : EXIT.ok;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  } finally {
    signals.release();
  }
}

function rows({ documents, rolledBack, unchanged, failed, notStarted, bytesAfter }: RollbackTotals, isApplied: boolean): readonly TableRow[] {
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
