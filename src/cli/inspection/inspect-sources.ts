import { plannedHazards, readBagDocument, resumabilityOf, whereFilter } from '../../run/document.js';
import { migrate } from '../../run/engine.js';
import type { MigrateOptions, RunReport, SettledDocument } from '../../run/run.js';
import type { DocumentOutcome } from '../../run/outcome.js';
import type { TransformSettings } from '../../run/transform.js';
import type { CliIo } from '../io.js';
import { measureSources } from '../../sources/open.js';
import type { OpenSource } from '../../sources/open.js';
import type { SelectionSettings } from '../options/run-options.js';
import { omitUndefined } from '../omit-undefined.js';
import { startProgress } from '../reporters/progress.js';
import { Census } from './census.js';
import type { CensusTotals } from './census.js';
import { ResumeCensus } from './resume-census.js';
import { lookAt } from './look.js';
import type { Look } from './look.js';
import { addressRule } from '../../bag/sources.js';

export interface Inspection {
  readonly sources: readonly OpenSource[];
  readonly settings: TransformSettings;
  readonly concurrency: number;
  readonly selection: SelectionSettings;
  readonly quiet: boolean;
  readonly stop: AbortSignal;
  readonly io: CliIo;
  readonly onDocument: (outcome: DocumentOutcome, look: Look, resumable: RowResumability | undefined) => Promise<void>;
}

/** Of a row: as it is, and as the migration would leave it. */
export type RowResumability = ReturnType<typeof resumabilityOf>;

export interface InspectionResult {
  readonly totals: CensusTotals;
  readonly resume: ResumeCensus;
  /** What the run says of what it has not read. */
  readonly report: Pick<RunReport, 'skipped' | 'notStarted'>;
}

/** Transforms documents without a write, and describes each. */
export async function inspectSources(inspection: Inspection): Promise<InspectionResult> {
  const { sources, selection, io, quiet } = inspection;
  const census = new Census();
  const resume = new ResumeCensus();
  const now = io.now().getTime();
  const addresses = addressRule(inspection.settings.blobs);
  const progress = await startProgress(io.stderr, !quiet, () => measureSources(sources, selection.shard));
  const onOutcome = async (planned: DocumentOutcome, { document, prepared }: SettledDocument): Promise<void> => {
    const outcome = withoutStore(planned);
    const seen = prepared?.transformation?.bagDocument ?? readBagDocument(document.bytes, addresses);
    const look = lookAt(document.bytes, seen, plannedHazards(prepared));
    census.add(outcome, look);
    progress.tick(outcome.bytesBefore);
    const resumable = resumabilityOf(document, prepared, now);
    if (resumable) resume.add(outcome.id, resumable.before, resumable.after);
    await inspection.onDocument(outcome, look, resumable);
  };
  try {
    const report = await migrate({ ...engineOptions(inspection), onOutcome });
    return { totals: census.totals, resume, report };
  } finally {
    progress.stop();
  }
}

function engineOptions({ sources, settings, concurrency, selection, stop }: Inspection): MigrateOptions {
  const { limit, shard, conditions } = selection;
  const filter = conditions.length > 0 ? whereFilter(conditions) : undefined;
  return {
    sources: sources.map(({ source }) => source),
    settings,
    concurrency,
    stop,
    ...omitUndefined({ limit, shard, filter }),
  };
}

/**
 * Nothing is wrong with a document whose pointers could not be followed for want of a store; it is only not known
 * further.
 */
function withoutStore(outcome: DocumentOutcome): DocumentOutcome {
  return outcome.code === 'STORE_MISSING' ? { ...outcome, outcome: 'not-started' } : outcome;
}
