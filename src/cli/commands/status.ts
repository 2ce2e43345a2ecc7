import { lastRun, summarizeJournal } from '../../journal/read.js';
import { isSettled, journalStatus } from '../../journal/report.js';
import type { JournalStatus } from '../../journal/report.js';
import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import {
  damageOptions,
  damageSettings,
  journalDirectory,
  journalOptions,
  outputOptions,
  outputSettings,
} from '../options.js';
import { Findings, formatTable, paintFor } from '../reporters/format.js';
import { gapLines, gapMembers, statusRows } from '../reporters/status-figures.js';

const options = { ...journalOptions, ...damageOptions, ...outputOptions };

export const command = defineCommand({
  positionals: [],
  options,
  examples: [
    ['how far the migration is', 'statebag status --journal statebag-journal'],
    ['for a program', 'statebag status --journal statebag-journal --json'],
  ],
  notes: [
    'Each document counts once, with the last result for it.',
    'A run did not reach its end when it was killed or stopped, reached --limit or --max-failures, or could not read a directory or link. Only a later complete run over the same sources covers that; --only-failed takes what was started, and does not.',
    'A document that failed, was quarantined or is unsettled counts as gone once a later complete run over the same sources, without --where, --plan or --only-failed, no longer finds it.',
    'A journal of --shard, --where or --plan says so and counts for that part only.',
  ],
  findings:
    'documents failed, are quarantined or unsettled, or a run did not reach its end and no later complete run covered its sources',
  handler: statusCommand,
});

async function statusCommand({ options: values }: CommandArguments<typeof options>, io: CliIo): Promise<number> {
  const directory = journalDirectory(values, io);
  const output = outputSettings(values, io);
  const summary = await summarizeJournal(directory, damageSettings(values));
  lastRun(directory, summary);
  const status = journalStatus(summary);
  if (output.json) await print(io.stdout, `${JSON.stringify({ ...status, ...gapMembers(status, directory) })}\n`);
  else
    await print(
      io.stdout,
      (await formatTable(statusRows(status))) +
        gapLines(status, directory) +
        findingsOf(status).format(io.cwd, (await paintFor(output.colour)).bad),
    );
  return isSettled(status) ? EXIT.ok : EXIT.findings;
}

function findingsOf(status: JournalStatus): Findings {
  const findings = new Findings();
  for (const finding of status.findings) findings.add(finding);
  return findings;
}
