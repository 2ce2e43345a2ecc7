import { watchOrders } from '../orders.js';
import type { OrderWatch } from '../orders.js';
import { ConfigError } from '../../errors/index.js';
import { hasJournal } from '../../journal/session.js';
import { parseMaxFailures } from '../../run/limits.js';
import { migrate } from '../../run/migrate.js';
import type { MigrateReport } from '../../run/migrate.js';
import type { MigratePorts } from '../../run/open-migration.js';
import { addToTotals, emptyTotals, needsAttention } from '../../run/outcome.js';
import type { Totals } from '../../run/outcome.js';
import type { MigrateRequest } from '../../run/request.js';
import { isVerified, nothingToVerify, verify } from '../../run/verify.js';
import type { VerifyTotals } from '../../run/verify.js';
import { omitUndefined } from '../../run/request.js';
import { dropOptions, formatCommandLine } from '../command-line.js';
import { choice, defineCommand, flag, optionGroup, parsed, path, whole, withDefault } from '../command.js';
import type { CommandArguments, OptionSpecs } from '../command.js';
import { EXIT } from '../exit-code.js';
import { isOutputFailure } from '../io.js';
import type { CliIo } from '../io.js';
import {
  SOURCES,
  applyOptions,
  damageOptions,
  damageSettings,
  dynamodbOptions,
  expiryOption,
  journalDirectory,
  journalOptions,
  layoutOptions,
  layoutSettings,
  outputOptions,
  outputSettings,
  paceOptions,
  reachSettings,
  requiredStoreOptions,
  selectionOptions,
  surveyOptions,
  surveySettings,
  selectionSettings,
  storeSettings,
  tableSettings,
} from '../options.js';
import type { OutputSettings } from '../options.js';
import {
  documentMembers,
  ignoredRows,
  ignoreMembers,
  inventoryMembers,
  inventoryRows,
  isFinding,
  stoppedRows,
  totalRows,
  verifyRows,
} from '../reporters/run-figures.js';
import { bucketRows, unprovenRows } from '../reporters/bucket-figures.js';
import { openReporter, reporting, withDeeds, withLateFailure, withProgress } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { flawMembers, flawRows } from '../reporters/status-figures.js';

const migrateOptions = {
  ...applyOptions('write'),
  ...optionGroup('What to do', {
    to: choice(['lean', 'bridge'], 'form of the migrated bags; bridge refuses bags of the flat era', {
      otherwise: 'lean, for rows of a table bridge',
    }),
    manifest: choice(['list', 'envelope'], 'form of the segment manifest', { otherwise: 'list' }),
    out: path('file', 'DIR|FILE|-', 'write copies, and leave the sources as they are'),
    'plan-out': path('file', 'FILE', 'write a plan for review', {
      conflicts: { apply: 'a plan belongs to a dry run', plan: 'one makes a plan and the other follows one' },
    }),
    plan: path('file', 'FILE', 'do what the plan says and nothing else', {
      conflicts: {
        where: 'the plan names its documents; give --where when you make it',
        'only-failed': 'the plan names its documents; give --only-failed when you make it',
      },
    }),
    ...expiryOption,
    verify: flag('verify everything afterwards', { requires: { apply: 'it reads what was written' } }),
  }),
  ...journalOptions,
  ...damageOptions,
  ...requiredStoreOptions,
  ...dynamodbOptions,
  ...paceOptions,
  ...selectionOptions,
  ...surveyOptions,
  ...optionGroup('Which documents, and how fast', {
    workers: withDefault(
      whole('N', 'processes to write with, each for a share of the files, objects or rows', 1, {
        conflicts: { limit: 'each process would count for itself' },
      }),
      1,
    ),
    'only-failed': flag('only documents that failed or were quarantined, as the journal says'),
    'max-failures': parsed(
      'number or percentage',
      'N|P%',
      parseMaxFailures,
      'stop when more than so many fail or are quarantined; what the journal says already is not counted',
    ),
  }),
  ...layoutOptions,
  ...outputOptions,
};

type MigrateArguments = CommandArguments<typeof migrateOptions>;

export const command = defineCommand({
  positionals: [SOURCES],
  options: migrateOptions,
  examples: [
    ['what would happen; nothing is written', 'statebag migrate bags/ --store ./store'],
    ['write, and verify what was written', 'statebag migrate bags/ --store s3://my-bucket/statebag --apply --verify'],
    [
      'paused executions in a bucket, with three processes (this is the first)',
      'statebag migrate s3://my-bucket/paused/ --store s3://my-bucket --apply --shard 1/3 --journal journal-1',
    ],
    ['all cores of this machine', 'statebag migrate s3://my-bucket/paused/ --store s3://my-bucket --apply --workers 4'],
    ['copies instead of a rewrite in place', "statebag migrate 'bags/**/*.json' --store ./store --out lean/ --apply"],
    ['one bag through a pipe', 'statebag migrate - --store ./store --apply < fat.json > lean.json'],
    [
      'a plan, a review, and only what was reviewed',
      'statebag migrate bags/ --store ./store --plan-out plan.ndjson && statebag migrate bags/ --store ./store --plan plan.ndjson --apply',
    ],
    ['again only what failed', 'statebag migrate bags/ --store ./store --apply --only-failed'],
  ],
  notes: [
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; other names are counted as skipped. A link to nothing fails like an unreadable file.',
    'To resume after an interruption, run the same command again. The journal records every planned and completed change.',
    'The first SIGINT or SIGTERM finishes the documents in hand, the second ends at once (exit 130).',
    'Every intent is on the disk before its document changes, so a kill at any moment loses nothing.',
  ],
  findings:
    'a document failed, was quarantined or was not started, the run was stopped, or --verify found a difference',
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
  const opened = openReporter(io, output, isTaken ? io.stderr : io.stdout);
  const reporter = request.apply ? withLateFailure(opened) : opened;
  const orders = await watchOrders({ ...args.options, quiet: output.quiet }, io);
  const totals = emptyTotals();
  try {
    return await reporting(
      reporter,
      () => work(wanted, orders, reporter, totals, io),
      () => ({
        members: { totals, complete: false },
        rows: totals.documents > 0 ? totalRows(totals, !request.apply) : [],
      }),
    );
  } catch (error) {
    throw request.apply && isOutputFailure(error)
      ? withDeeds(error, totals.migrated, 'migrated', request.journal)
      : error;
  } finally {
    orders.release();
  }
}

/** Throws `ConfigError` for options that contradict each other. */
function readWanted(args: MigrateArguments, io: CliIo): Wanted {
  const { positionals, options } = args;
  const out = options.out ?? (positionals.includes('-') ? '-' : undefined);
  const isStdout = options.apply && out === '-';
  refuse(isStdout && options.json, '--json and the documents both want standard output; give --out FILE');
  refuse(options.verify && isStdout, 'what went to standard output cannot be verified; give --out FILE');
  const layout = layoutSettings(options);
  const request = {
    sources: positionals,
    store: storeSettings(options, options.store, layout),
    tables: tableSettings(options),
    layout,
    apply: options.apply,
    journal: journalDirectory(options, io),
    concurrency: options.concurrency,
    workers: options.workers,
    ...selectionSettings(options),
    ...surveySettings(options),
    onlyFailed: options['only-failed'],
    ...damageSettings(options),
    allowExpiry: options['allow-expiry'],
    ...omitUndefined({
      target: options.to,
      manifestForm: options.manifest,
      out,
      planOut: options['plan-out'],
      plan: options.plan,
      maxFailures: options['max-failures'],
    }),
  };
  return { request, verify: options.verify, output: outputSettings(options, io), args };
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new ConfigError('USAGE', message);
}

/** `soFar` counts the documents that are settled, for a run that ends with an error. */
async function work(
  wanted: Wanted,
  { stop, pace }: OrderWatch,
  reporter: OutcomeReporter,
  soFar: Totals,
  io: CliIo,
): Promise<number> {
  const { request, output, args } = wanted;
  const report = await run(request, output, io, {
    stop,
    ...(pace && { pace }),
    onOutcome: (outcome) => {
      addToTotals(soFar, outcome);
      return reporter.add(documentMembers(outcome), isFinding(outcome));
    },
  });
  const { totals, complete } = report;
  const verified = wanted.verify && complete ? await verifyWritten(wanted, io) : undefined;
  const rows = [
    ...totalRows(totals, !request.apply),
    ...flawRows(report),
    ...inventoryRows(report.inventory),
    ...ignoredRows(report.inventory, request.ignore ?? []),
    ...stoppedRows(report),
    ...(report.unproven ? unprovenRows(report.unproven) : []),
    ...(report.bucket ? bucketRows(report.bucket) : []),
    ...(verified ? verifyRows(verified.totals) : []),
  ];
  await reporter.finish(
    {
      totals,
      complete,
      ...flawMembers(report),
      ...inventoryMembers(report),
      ...ignoreMembers(request.ignore ?? []),
      ...(report.unproven && { unproven: report.unproven }),
      ...(report.bucket && { bucket: report.bucket }),
      ...(verified && { verify: verified.totals }),
    },
    rows,
  );
  const next = nextCommand(report, givenMigration(args, request));
  if (next !== undefined && !output.quiet) io.stderr.write(`statebag: ${next}\n`);
  const isProven =
    verified === undefined || (verified.isWhole && (verified.totals.documents === 0 || isVerified(verified.totals)));
  // What a stopped run has not listed is in no figure.
  const { unreadable, skipped, empty } = report.inventory;
  const isSeen = !needsAttention(totals) && unreadable + skipped + empty === 0 && !matchesNothing(report, request);
  return isProven && complete && isSeen ? EXIT.ok : EXIT.findings;
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

/** A slip in a condition looks like a migration that is done. */
function matchesNothing({ totals }: MigrateReport, { where, allowEmpty }: MigrateRequest): boolean {
  return where !== undefined && totals.documents === 0 && allowEmpty !== true;
}

/** A run that wrote nothing has no journal, unless an earlier one left it. */
async function verifyWritten({ request, output, args }: Wanted, io: CliIo): Promise<Verified> {
  const { journal, concurrency } = request;
  if (!(await hasJournal(journal))) return { totals: nothingToVerify(), isWhole: true };
  const wanted = { journal, concurrency, ...damageSettings(args.options), ...reachSettings(args.options) };
  const { totals, status } = await withProgress(io, !output.quiet, {}, (ports) => verify(wanted, ports));
  return { totals, isWhole: status.discrepancies.length === 0 };
}

interface Verified {
  readonly totals: VerifyTotals;
  /** False when the journal lacks entries: then documents may be unknown to it. */
  readonly isWhole: boolean;
}

/** A command line of `migrate`, as far as it decides what comes next. */
interface GivenMigration {
  readonly given: readonly string[];
  readonly specs: OptionSpecs;
  /** Value of `--plan-out`. */
  readonly planOut: string | undefined;
  /** True when copies are made, also of documents that do not change. */
  readonly isCopy: boolean;
  /** True when several sources were given. */
  readonly isMany: boolean;
  /** True when `--limit` was given. */
  readonly isLimited: boolean;
}

function givenMigration({ given, positionals, options }: MigrateArguments, { out }: MigrateRequest): GivenMigration {
  return {
    given,
    specs: migrateOptions,
    planOut: options['plan-out'],
    isCopy: out !== undefined,
    isMany: positionals.length > 1,
    isLimited: options.limit !== undefined,
  };
}

/** What to do after a migration: a clause with a command that works as printed. `undefined` when nothing is left. */
function nextCommand(report: MigrateReport, migration: GivenMigration): string | undefined {
  const { given } = migration;
  if (report.stoppedBy === 'signal') return `stopped as asked; to go on: ${formatCommandLine(given)}`;
  if (report.stoppedBy) return afterFailures(report, migration);
  return report.applied ? afterLimit(report, migration) : afterDryRun(report, migration);
}

const TOO_MANY = 'stopped: the number of failed and quarantined documents exceeded --max-failures';

/** The journal keeps the failures of documents, so that they are not counted again; those of places it does not. */
function afterFailures({ applied, notStarted }: MigrateReport, { given, specs }: GivenMigration): string {
  if (applied && !notStarted.unlisted && notStarted.unread === 0)
    return `${TOO_MANY}; these are not counted again; to go on: ${formatCommandLine(given)}`;
  const unlimited = formatCommandLine(dropOptions(given, specs, ['max-failures']));
  return applied
    ? `${TOO_MANY}, with places that could not be read; to go on without a limit: ${unlimited}`
    : `${TOO_MANY}; to see all of them: ${unlimited}`;
}

function afterLimit({ notStarted }: MigrateReport, { given, specs, isLimited }: GivenMigration): string | undefined {
  if (!isLimited || !isLeft(notStarted)) return undefined;
  return `the run reached --limit; to take the rest: ${formatCommandLine(dropOptions(given, specs, ['limit']))}`;
}

function isLeft({ documents, containers, unlisted }: MigrateReport['notStarted']): boolean {
  return documents + containers > 0 || unlisted;
}

function afterDryRun({ totals, notStarted, inventory, isStream }: MigrateReport, migration: GivenMigration): string {
  const { given, specs, planOut, isCopy, isMany } = migration;
  if (totals.migrated + (isCopy ? totals.unchanged : 0) === 0) {
    if (isLeft(notStarted))
      return `this was a dry run; no document of those within --limit is to be migrated; to see all: ${formatCommandLine(dropOptions(given, specs, ['limit']))}`;
    return needsAttention(totals) || inventory.unreadable > 0
      ? 'this was a dry run; no document that was read and understood is to be migrated'
      : 'this was a dry run; there is no document to migrate';
  }
  // A stream is not rewritten in place.
  const place = isStream && !isCopy ? ['--out', isMany ? 'migrated/' : '-'] : [];
  const again = isStream ? ', give the documents again:' : ':';
  if (planOut === undefined)
    return `this was a dry run, nothing was written; to write${again} ${formatCommandLine(given, '--apply', ...place)}`;
  // The plan names its documents, and its options name it.
  const planned = dropOptions(given, specs, ['plan-out', 'where', 'only-failed', 'limit']);
  return `this was a dry run, only the plan was written; to do what it says${again} ${formatCommandLine(planned, '--plan', planOut, '--apply', ...place)}`;
}
