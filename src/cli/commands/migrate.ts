import { ConfigError } from '../../errors/index.js';
import { hasJournal } from '../../journal/session.js';
import { migrate } from '../../run/migrate.js';
import type { MigrateReport } from '../../run/migrate.js';
import type { MigratePorts } from '../../run/open-migration.js';
import { addToTotals, emptyTotals, needsAttention } from '../../run/outcome.js';
import type { DocumentOutcome, Totals } from '../../run/outcome.js';
import type { MigrateRequest } from '../../run/request.js';
import { nothingToVerify, verify } from '../../run/verify.js';
import type { VerifyTotals } from '../../run/verify.js';
import { formatCommandLine } from '../command-line.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { dynamodbOptions, tableSettings } from '../options/dynamodb-options.js';
import { damageOptions, damageSettings, journalDirectory, journalOptions } from '../options/journal-options.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import type { OutputSettings } from '../options/output-options.js';
import { parseChoice, parseWhole } from '../options/parse-value.js';
import {
  concurrencyOptions,
  concurrencySetting,
  maxFailuresSetting,
  selectionOptions,
  selectionSettings,
} from '../options/run-options.js';
import { requireStore, storeOptions } from '../options/store-options.js';
import { reachSettings } from '../reach-settings.js';
import {
  documentMembers,
  isFinding,
  totalRows,
  unseenMembers,
  unseenRows,
  verifyRows,
} from '../reporters/migration-figures.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { damageRows } from '../reporters/status-figures.js';
import { withProgress } from '../reporters/progress.js';
import { watchSignals } from '../watch-signals.js';

const migrateOptions = {
  ...optionGroup('What to do', {
    apply: { type: 'boolean', describe: 'write; without it everything is computed and nothing written' },
    to: {
      type: 'string',
      value: 'lean|bridge',
      describe:
        'what becomes of the bags; bridge refuses bags of the flat era (default lean, for rows of a table bridge)',
    },
    manifest: { type: 'string', value: 'list|envelope', describe: 'form of the segment manifest (default list)' },
    out: { type: 'string', value: 'DIR|FILE|-', describe: 'write copies instead of rewriting in place' },
    'plan-out': { type: 'string', value: 'FILE', describe: 'write a plan for review (in a dry run)' },
    plan: { type: 'string', value: 'FILE', describe: 'do what the plan says and nothing else' },
    verify: { type: 'boolean', describe: 'verify everything afterwards' },
  }),
  ...journalOptions,
  ...damageOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...selectionOptions,
  ...optionGroup('Which documents, and how fast', {
    workers: {
      type: 'string',
      value: 'N',
      describe: 'processes to write with, each for a share of the files, objects or rows (default 1)',
    },
    'only-failed': { type: 'boolean', describe: 'only documents that failed or were quarantined, as the journal says' },
    'max-failures': { type: 'string', value: 'N|P%', describe: 'stop when more than so many fail or are quarantined' },
  }),
  ...layoutOptions,
  ...outputOptions,
};

type MigrateArguments = CommandArguments<typeof migrateOptions>;

export const command = defineCommand({
  usage: 'SOURCE… --store S',
  positionals: { min: 1, max: Infinity },
  builder: migrateOptions,
  examples: [
    ['what would happen; nothing is written', 'statebag migrate bags/ --store ./store'],
    ['write, and verify what was written', 'statebag migrate bags/ --store s3://my-bucket/statebag --apply --verify'],
    [
      'paused executions in a bucket, three processes side by side (this is the first)',
      'statebag migrate s3://my-bucket/paused/ --store s3://my-bucket --apply --shard 1/3 --journal journal-1',
    ],
    ['all cores of this machine', 'statebag migrate s3://my-bucket/paused/ --store s3://my-bucket --apply --workers 4'],
    ['copies instead of a rewrite in place', "statebag migrate 'bags/**/*.json' --store ./store --out lean/ --apply"],
    ['one bag through a pipe', 'statebag migrate - --store ./store --apply < fat.json > lean.json'],
    [
      'a plan, a review, and just that',
      'statebag migrate bags/ --store ./store --plan-out plan.ndjson && statebag migrate bags/ --store ./store --plan plan.ndjson --apply',
    ],
    ['again only what failed', 'statebag migrate bags/ --store ./store --apply --only-failed'],
  ],
  notes: [
    'A source is a file, a directory (its *.json, *.ndjson and *.jsonl, in any case of letters; other names are counted as skipped),',
    'a glob in quotes, s3://bucket/prefix, or - for standard input. A link to nothing fails like an unreadable file.',
    'Run the same command again to go on after an interruption; the journal knows what is done.',
    'The first SIGINT or SIGTERM finishes the documents in hand (exit 1 when some were not started), the second ends at once (exit 130).',
    'Every intent is on the disk before its document changes, so a kill at any moment loses nothing.',
  ],
  handler: migrateCommand,
});

/** What the command adds to the request of the run. */
interface Wanted {
  readonly request: MigrateRequest & Required<Pick<MigrateRequest, 'journal' | 'apply' | 'concurrency'>>;
  readonly verify: boolean;
  readonly output: OutputSettings;
  readonly args: MigrateArguments;
}

async function migrateCommand(args: MigrateArguments, io: CliIo): Promise<number> {
  const wanted = readWanted(args, io);
  const { request, output } = wanted;
  // Where the documents go to standard output, what is said of them goes elsewhere.
  const isTaken = request.apply && request.out === '-';
  const reporter = openReporter(io, output, isTaken ? io.stderr : io.stdout);
  const signals = watchSignals(io);
  try {
    const totals = emptyTotals();
    return await reporting(
      reporter,
      () => work(wanted, signals.stop, reporter, totals, io),
      () => ({
        members: { totals, complete: false },
        rows: totals.documents > 0 ? totalRows(totals, !request.apply) : [],
      }),
    );
  } finally {
    signals.release();
  }
}

/** Throws `ConfigError` for options that contradict each other. */
function readWanted(args: MigrateArguments, io: CliIo): Wanted {
  const { positionals, options } = args;
  const out = options.out ?? (positionals.includes('-') ? '-' : undefined);
  const isStdout = options.apply && out === '-';
  refuse(isStdout && options.json, '--json and the documents both want standard output; give --out FILE');
  refuse(options.verify && !options.apply, '--verify reads what --apply has written; give both');
  refuse(options.verify && isStdout, 'what went to standard output cannot be verified; give --out FILE');
  const { manifest, workers, plan, 'plan-out': planOut, 'only-failed': onlyFailed, 'max-failures': failures } = options;
  const layout = layoutSettings(options);
  const maxFailures = maxFailuresSetting(failures);
  const request = {
    sources: positionals,
    store: requireStore(options, layout),
    tables: tableSettings(options),
    layout,
    ...(options.to !== undefined && { target: parseChoice('to', options.to, ['lean', 'bridge']) }),
    ...(manifest !== undefined && { manifestForm: parseChoice('manifest', manifest, ['list', 'envelope']) }),
    apply: options.apply,
    journal: journalDirectory(options, io),
    ...(out !== undefined && { out }),
    ...(planOut !== undefined && { planOut }),
    ...(plan !== undefined && { plan }),
    concurrency: concurrencySetting(options),
    ...(workers !== undefined && { workers: parseWhole('workers', workers, 1) }),
    ...selectionSettings(options),
    onlyFailed,
    ...damageSettings(options),
    ...(maxFailures && { maxFailures }),
  };
  return { request, verify: options.verify, output: outputSettings(options, io), args };
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new ConfigError('USAGE', message);
}

/** `soFar` counts the documents that are settled, for a run that ends with an error. */
async function work(
  wanted: Wanted,
  stop: AbortSignal,
  reporter: OutcomeReporter,
  soFar: Totals,
  io: CliIo,
): Promise<number> {
  const { request, output, args } = wanted;
  const report = await run(request, output, io, {
    stop,
    onOutcome: (outcome) => {
      addToTotals(soFar, outcome);
      return reporter.add(documentMembers(outcome), isFinding(outcome));
    },
  });
  const { totals, complete } = report;
  const verified = wanted.verify && complete ? await verifyWritten(wanted, io) : undefined;
  const { damaged = [] } = report;
  const rows = [
    ...totalRows(totals, !request.apply),
    ...damageRows(damaged),
    ...unseenRows(report),
    ...(verified ? verifyRows(verified) : []),
  ];
  await reporter.finish(
    {
      totals,
      complete,
      ...(damaged.length > 0 && { damaged }),
      ...unseenMembers(report),
      ...(verified && { verify: verified }),
    },
    rows,
  );
  if (!output.quiet) hint(report, args.given, io);
  const isVerified = verified === undefined || verified.verified + verified.resumed === verified.documents;
  return isVerified && !needsAttention(totals) ? EXIT.ok : EXIT.findings;
}

async function run(
  request: MigrateRequest,
  output: OutputSettings,
  io: CliIo,
  ports: MigratePorts,
): Promise<MigrateReport> {
  const report = await withProgress(io, !output.quiet, ports, (counting) => migrate(request, counting));
  if (report.journal !== undefined && !output.quiet)
    io.stderr.write(`statebag: journal of this run: ${report.journal}\n`);
  return report;
}

/** A run that wrote nothing has no journal, unless an earlier one left it. */
async function verifyWritten({ request, output, args }: Wanted, io: CliIo): Promise<VerifyTotals> {
  const { journal, concurrency } = request;
  if (!(await hasJournal(journal))) return nothingToVerify();
  const wanted = { journal, concurrency, ...damageSettings(args.options), ...reachSettings(args.options) };
  const { totals } = await withProgress(io, !output.quiet, {}, (ports) => verify(wanted, ports));
  return totals;
}

function hint(report: MigrateReport, given: readonly string[], { stderr }: CliIo): void {
  if (report.stoppedBy) {
    const why =
      report.stoppedBy === 'signal'
        ? 'stopped as asked'
        : 'stopped: the number of failed and quarantined documents exceeded --max-failures';
    stderr.write(`statebag: ${why}; to go on: ${formatCommandLine(given)}\n`);
  } else if (!report.applied) {
    stderr.write(
      `statebag: this was a dry run, nothing was written; to write: ${formatCommandLine(given, '--apply')}\n`,
    );
  }
}
