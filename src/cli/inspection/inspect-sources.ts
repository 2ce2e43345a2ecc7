import { migrate } from '../../batch/migrate.js';
import type { MigrateOptions, SettledDocument } from '../../batch/migrate.js';
import type { DocumentOutcome } from '../../batch/outcome.js';
import { whereFilter } from '../../batch/prepare.js';
import type { StageSettings } from '../../batch/stages.js';
import type { CliIo } from '../io.js';
import { measureSources } from '../measure.js';
import type { OpenSource } from '../open-source.js';
import type { SelectionSettings } from '../options/run-options.js';
import { present } from '../present.js';
import { startProgress } from '../reporters/progress.js';
import { Census } from './census.js';
import type { CensusTotals } from './census.js';
import { lookAt } from './look.js';
import type { Look } from './look.js';

export interface Inspection {
  readonly sources: readonly OpenSource[];
  readonly settings: StageSettings;
  readonly concurrency: number;
  readonly selection: SelectionSettings;
  readonly quiet: boolean;
  readonly stop: AbortSignal;
  readonly io: CliIo;
  readonly onDocument: (outcome: DocumentOutcome, look: Look) => Promise<void>;
}

/** Sends documents through the stages of a dry run, and looks at each. */
export async function inspectSources(inspection: Inspection): Promise<CensusTotals> {
  const { sources, selection, io, quiet } = inspection;
  const census = new Census();
  const progress = await startProgress(io.stderr, !quiet, () => measureSources(sources, selection.shard));
  const onOutcome = async (planned: DocumentOutcome, { document, prepared }: SettledDocument): Promise<void> => {
    const outcome = withoutStore(planned);
    const look = lookAt(document.bytes, prepared?.validated?.detection);
    census.add(outcome, look);
    progress.tick(outcome.bytesBefore);
    await inspection.onDocument(outcome, look);
  };
  try {
    await migrate({ ...engineOptions(inspection), onOutcome });
  } finally {
    progress.stop();
  }
  return census.totals;
}

function engineOptions({ sources, settings, concurrency, selection, stop }: Inspection): MigrateOptions {
  const { limit, shard, conditions } = selection;
  const filter = conditions.length > 0 ? whereFilter(conditions) : undefined;
  return { sources: sources.map(({ source }) => source), settings, concurrency, stop, ...present({ limit, shard, filter }) };
}

/** Nothing is wrong with a document whose pointers could not be followed for want of a store; it is only not known further. */
function withoutStore(outcome: DocumentOutcome): DocumentOutcome {
  return outcome.code === 'STORE_MISSING' ? { ...outcome, outcome: 'not-started' } : outcome;
}
