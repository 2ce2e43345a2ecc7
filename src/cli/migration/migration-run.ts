import { failedDocuments, isDone } from '../../journal/read.js';
import type { JournalSummary } from '../../journal/read.js';
import { migrate } from '../../run/engine.js';
import type { MigrateOptions, RunReport, SettledDocument } from '../../run/run.js';
import { addToTotals } from '../../run/outcome.js';
import type { DocumentOutcome } from '../../run/outcome.js';
import { whereFilter } from '../../run/document.js';
import { ConfigError } from '../../errors/index.js';
import { measureSources } from '../../sources/open.js';
import { omitUndefined } from '../omit-undefined.js';
import { startProgress } from '../reporters/progress.js';
import type { OpenMigration } from './open-migration.js';
import { missingDocuments } from '../../run/plan.js';

/** The ports of one run: for a dry run they only read. */
export interface RunPorts extends Pick<MigrateOptions, 'settings' | 'committer' | 'stop'> {
  /** What the journal says of earlier runs. */
  readonly summary: JournalSummary | undefined;
  readonly onOutcome: (outcome: DocumentOutcome, settled: SettledDocument | undefined) => Promise<void>;
}

/** Runs the engine over the sources, and says of every document of a plan what became of it. */
export async function runMigration(opened: OpenMigration, ports: RunPorts): Promise<RunReport> {
  const { request, io, sources, plan } = opened;
  const seen = new Set<string>();
  const measure = () => measureSources(sources, request.selection.shard);
  const progress = await startProgress(io.stderr, !request.output.quiet, measure);
  try {
    const report = await migrate({
      ...engineOptions(opened, ports),
      onOutcome: async (outcome, settled) => {
        progress.tick(outcome.bytesBefore);
        if (plan) seen.add(outcome.id);
        await ports.onOutcome(outcome, settled);
      },
    });
    return plan ? await addMissing(opened, report, seen, ports) : report;
  } finally {
    progress.stop();
  }
}

function engineOptions({ request, sources, plan }: OpenMigration, ports: RunPorts): MigrateOptions {
  const { selection, maxFailures, concurrency } = request;
  const { settings, committer, stop, summary } = ports;
  const filter = selection.conditions.length > 0 ? whereFilter(selection.conditions) : undefined;
  const failed = request.onlyFailed ? failedIn(summary, request.journal) : undefined;
  const only = failed ?? (plan && new Set(plan.documents.keys()));
  const { limit, shard } = selection;
  return {
    sources: sources.map(({ source }) => source),
    settings,
    concurrency,
    // A form that is asked for makes work of documents that an earlier run has migrated to another one.
    ...(summary && !request.isFormAsked && { isDone: (id: string) => isDone(summary, id) }),
    ...omitUndefined({ committer, stop, maxFailures, filter, only, limit, shard, expectations: plan?.documents }),
  };
}

function failedIn(summary: JournalSummary | undefined, directory: string): ReadonlySet<string> {
  if (summary) return failedDocuments(summary);
  throw new ConfigError('JOURNAL_MISSING', `--only-failed asks the journal, and there is none at ${directory}`);
}

/** Only a run that was to see everything can miss something. */
async function addMissing(
  opened: OpenMigration,
  report: RunReport,
  seen: ReadonlySet<string>,
  ports: RunPorts,
): Promise<RunReport> {
  const { plan, request } = opened;
  if (!plan || !report.complete || request.selection.limit !== undefined) return report;
  for (const outcome of missingDocuments(plan, seen, request.selection.shard)) {
    addToTotals(report.totals, outcome);
    await ports.onOutcome(outcome, undefined);
  }
  return report;
}
