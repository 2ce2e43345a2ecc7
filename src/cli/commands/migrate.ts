import { needsAttention } from '../../run/outcome.js';
import type { RunReport } from '../../run/run.js';
import { defineCommand } from '../command.js';
import { formatCommandLine } from '../command-line.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { applyMigration } from '../migration/apply-migration.js';
import { dryRun } from '../migration/dry-run.js';
import { readSummary } from '../../journal/session.js';
import { openMigration } from '../migration/open-migration.js';
import type { OpenMigration } from '../migration/open-migration.js';
import { migrateOptions, parseRequest } from '../migration/request.js';
import type { MigrateArguments, MigrationRequest } from '../migration/request.js';
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
import { nothingToVerify, verifyJournal } from '../verification.js';
import type { VerifyTotals } from '../verification.js';
import { watchSignals } from '../watch-signals.js';
import type { SignalWatch } from '../watch-signals.js';

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

async function migrateCommand(args: MigrateArguments, io: CliIo): Promise<number> {
  const opened = await openMigration(parseRequest(args, io), io);
  const reporter = reporterOf(opened);
  const signals = watchSignals(io);
  try {
    return await reporting(reporter, () => work(opened, signals, reporter));
  } finally {
    signals.release();
  }
}

async function work(opened: OpenMigration, signals: SignalWatch, reporter: OutcomeReporter): Promise<number> {
  const { request, io } = opened;
  const mode = request.apply
    ? request.workers > 1
      ? (await import('../migration/workers/apply-with-workers.js')).applyWithWorkers
      : applyMigration
    : dryRun;
  const report = await mode(opened, signals, (outcome) => reporter.add(documentMembers(outcome), isFinding(outcome)));
  const { totals, complete } = report;
  const verified = request.verify && complete ? await verifyWritten(opened) : undefined;
  const rows = [...totalRows(totals, !request.apply), ...unseenRows(report), ...(verified ? verifyRows(verified) : [])];
  await reporter.finish({ totals, complete, ...unseenMembers(report), ...(verified && { verify: verified }) }, rows);
  if (!request.output.quiet) hint(request, report, io);
  const isVerified = verified === undefined || verified.verified + verified.resumed === verified.documents;
  return isVerified && !needsAttention(totals) ? EXIT.ok : EXIT.findings;
}

/** Where the documents go to standard output, what is said of them goes elsewhere. */
function reporterOf({ request, place, io }: OpenMigration): OutcomeReporter {
  const isTaken = request.apply && place.kind === 'stdout';
  return openReporter(io, request.output, isTaken ? io.stderr : io.stdout);
}

async function verifyWritten({ request, store, io }: OpenMigration): Promise<VerifyTotals> {
  const { journal, concurrency, output } = request;
  const summary = await readSummary(journal);
  if (!summary) return nothingToVerify();
  return verifyJournal({
    directory: journal,
    summary,
    store,
    reach: { s3: request.store.s3, tables: request.tables },
    concurrency,
    io,
    quiet: output.quiet,
  });
}

function hint(request: MigrationRequest, report: RunReport, { stderr }: CliIo): void {
  const line = formatCommandLine(request.given);
  if (report.stoppedBy) {
    const why =
      report.stoppedBy === 'signal'
        ? 'stopped as asked'
        : 'stopped: more documents need somebody than --max-failures allows';
    stderr.write(`statebag: ${why}; to go on: ${line}\n`);
  } else if (!request.apply) {
    stderr.write(
      `statebag: this was a dry run, nothing was written; to write: ${formatCommandLine(request.given, '--apply')}\n`,
    );
  }
}
