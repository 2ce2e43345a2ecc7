import { resolve } from 'node:path';
import { isSettled, readReport } from '../../journal/report.js';
import type { SummarizeOptions } from '../../journal/read.js';
import type { JournalReport, RunReport } from '../../journal/report.js';
import { defineCommand, flag, optionGroup, path } from '../command.js';
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
import { formatCount, formatTable, shortId } from '../reporters/format.js';
import { gapLines, gapMembers, statusRows } from '../reporters/status-figures.js';
import { writePage } from '../write-page.js';

const options = {
  ...journalOptions,
  ...damageOptions,
  ...optionGroup('Output', {
    html: path('file', 'FILE|-', 'write one self-contained page with charts; - for standard output', {
      conflicts: { json: 'they are two formats' },
    }),
    'dry-run': flag('write no page'),
  }),
  ...outputOptions,
};

export const command = defineCommand({
  positionals: [],
  options,
  examples: [
    ['everything that a journal has', 'statebag report --journal statebag-journal'],
    ['a page to read, print and pass on', 'statebag report --journal statebag-journal --html report.html'],
    ['for a program, with every finding', 'statebag report --journal statebag-journal --json'],
  ],
  notes: ['A journal of --shard, --where or --plan says so and counts for that part only.'],
  findings:
    'documents failed, are quarantined or unsettled, or a run did not reach its end and no later complete run covered its sources',
  handler: reportCommand,
});

async function reportCommand({ options: values }: CommandArguments<typeof options>, io: CliIo): Promise<number> {
  const directory = journalDirectory(values, io);
  if (values.html !== undefined && !values['dry-run'])
    return pageTo(values.html, directory, damageSettings(values), io);
  const report = await readReport(directory, damageSettings(values));
  const { json } = outputSettings(values, io);
  await print(
    io.stdout,
    json ? `${JSON.stringify({ ...report, ...gapMembers(report, directory) })}\n` : await asText(report, directory, io),
  );
  return exitCodeOf(report);
}

async function pageTo(file: string, directory: string, damage: SummarizeOptions, io: CliIo): Promise<number> {
  return exitCodeOf(await writePage(file === '-' ? undefined : resolve(io.cwd, file), directory, damage, io));
}

function exitCodeOf(report: JournalReport): number {
  return isSettled(report) ? EXIT.ok : EXIT.findings;
}

async function asText(report: JournalReport, directory: string, { cwd }: CliIo): Promise<string> {
  const codes = Object.entries(report.codes).map(([code, count]) => [code, formatCount(count)] as const);
  const findings = report.findings.map(({ id, outcome, code }) => `${outcome}  ${shortId(id, cwd)}  ${code}`);
  return [
    section(
      'Totals',
      (await formatTable(statusRows({ ...report, runs: report.runs.length }))) + gapLines(report, directory),
    ),
    section('Runs', await formatTable(report.runs.map((run) => [run.at, run.command, runRemark(run)]))),
    section('Outcomes by code', codes.length === 0 ? '' : await formatTable(codes)),
    section('Findings', findings.length === 0 ? '' : `${findings.join('\n')}\n`),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function section(title: string, text: string): string {
  return text === '' ? '' : `${title}\n${text}`;
}

function runRemark({ target, store, complete }: RunReport): string {
  const end = complete === undefined ? 'killed before its end' : complete ? 'complete' : 'stopped early';
  return `to ${target}, store ${store}, ${end}`;
}
