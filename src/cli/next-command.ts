import type { MigrateReport } from '../run/migrate.js';
import type { OptionSpecs } from './command.js';
import { dropOptions, formatCommandLine } from './command-line.js';

/** A command line of `migrate`, as far as it decides what comes next. */
export interface GivenMigration {
  readonly given: readonly string[];
  readonly specs: OptionSpecs;
  /** Value of `--plan-out`. */
  readonly planOut: string | undefined;
  /** True when copies are made, also of documents that do not change. */
  readonly isCopy: boolean;
  /** True when `--limit` was given. */
  readonly isLimited: boolean;
}

/** What to do after a migration: a clause with a command that works as printed. `undefined` when nothing is left. */
export function nextCommand(report: MigrateReport, migration: GivenMigration): string | undefined {
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
  const { documents, containers, unlisted } = notStarted;
  if (!isLimited || (documents + containers === 0 && !unlisted)) return undefined;
  return `the run reached --limit; to take the rest: ${formatCommandLine(dropOptions(given, specs, ['limit']))}`;
}

function afterDryRun({ totals }: MigrateReport, { given, specs, planOut, isCopy }: GivenMigration): string {
  const writes = totals.migrated + (isCopy ? totals.unchanged : 0);
  if (writes === 0) return 'this was a dry run; there is no document to migrate';
  if (planOut === undefined)
    return `this was a dry run, nothing was written; to write: ${formatCommandLine(given, '--apply')}`;
  // The plan names its documents, and its options name it.
  const planned = dropOptions(given, specs, ['plan-out', 'where', 'only-failed', 'limit']);
  return `this was a dry run, only the plan was written; to do what it says: ${formatCommandLine(planned, '--plan', planOut, '--apply')}`;
}
