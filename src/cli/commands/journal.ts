import { resolve } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import { checkJournal } from '../../journal/check.js';
import type { JournalCheck } from '../../journal/check.js';
import { formatCommandLine } from '../command-line.js';
import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { journalDirectory, journalOptions, outputOptions, outputSettings } from '../options.js';
import { discrepancyLines } from '../reporters/status-figures.js';
import { formatBytes, formatCount, formatTable } from '../reporters/format.js';

const options = { ...journalOptions, ...outputOptions };

export const check = defineCommand({
  positionals: [{ usage: '[DIR]', describe: 'the journal; --journal DIR names it, too' }],
  options,
  examples: [
    ['every damaged line of a journal', 'statebag journal check statebag-journal'],
    ['for a program', 'statebag journal check --journal statebag-journal --json'],
  ],
  notes: [
    'Reads every line and writes nothing. A torn last line, which a killed run leaves, is not damage.',
    'A run counts its entries at its end. A journal that has fewer or more of them is incomplete (JOURNAL_INCOMPLETE).',
    'Exit 2 when there is no journal, or no run in it.',
  ],
  findings: 'a line is damaged, an entry that a run has written is missing, or a migrated document has no intent',
  handler: checkCommand,
});

async function checkCommand(
  { positionals: [given], options: values, given: words }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  if (given !== undefined && words.some((word) => /^--journal(=|$)/.test(word)))
    throw new ConfigError('USAGE', 'the journal is named twice; give DIR or --journal DIR');
  const directory = given === undefined ? journalDirectory(values, io) : resolve(io.cwd, given);
  const found = await checkJournal(directory);
  const isSound = found.damaged.length + found.lostIntents.length + found.discrepancies.length === 0;
  const next = formatCommandLine([
    'status',
    '--journal',
    directory,
    ...(found.damaged.length > 0 ? ['--skip-damaged'] : []),
  ]);
  await print(
    io.stdout,
    outputSettings(values, io).json
      ? `${JSON.stringify({ ...found, isSound, next })}\n`
      : `${await formatTable(rows(found))}${lines(found)}${isSound ? '' : advice(found)}next: ${next}\n`,
  );
  return isSound ? EXIT.ok : EXIT.findings;
}

function rows({ entries, runs, documents, damaged, torn, lostIntents, discrepancies }: JournalCheck) {
  return [
    ['entries', formatCount(entries)],
    ['runs', formatCount(runs)],
    ['documents', formatCount(documents)],
    ['damaged lines', formatCount(damaged.length)],
    ['intents lost', formatCount(lostIntents.length)],
    ...(discrepancies.length > 0 ? [['figures that differ', formatCount(discrepancies.length)] as const] : []),
    ...(torn.length > 0 ? [['torn lines', formatCount(torn.length), 'of killed runs; not damage'] as const] : []),
  ] as const;
}

function lines({ damaged, lostIntents, discrepancies }: JournalCheck): string {
  return [
    ...damaged.map(
      ({ line, offset, length, problem }) =>
        `damaged: line ${line}, byte ${offset}, ${formatBytes(length)}: ${problem}\n`,
    ),
    ...lostIntents.map(
      (doc) => `intent lost: ${doc} was migrated, and this journal cannot restore its original bytes\n`,
    ),
    ...discrepancyLines(discrepancies).map((line) => `${line}\n`),
  ].join('');
}

function advice({ damaged }: JournalCheck): string {
  const others =
    damaged.length === 0
      ? ''
      : '; status, report, verify, rollback and migrate take --skip-damaged to use the sound lines';
  return `Restore the journal from a copy if there is one${others}.\n`;
}
