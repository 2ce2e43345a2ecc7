import pMap, { pMapSkip } from 'p-map';
import { runContainer } from './container-run.js';
import type { Committer } from './committer.js';
import { isInShard, exceedsFailures } from './limits.js';
import type { MaxFailures, Shard } from './limits.js';
import { addToTotals, emptyTotals } from './outcome.js';
import type { DocumentOutcome, Totals } from './outcome.js';
import type { DocumentFilter, Expectation, Prepared } from './prepare.js';
import type { DocumentSource, SourceContainer, SourceDocument } from './source.js';
import type { StageSettings } from './stages.js';

/** What a run is about and what it may do. */
export interface MigrateOptions {
  readonly sources: readonly DocumentSource[];
  readonly settings: StageSettings;
  /** Writes; a dry run has none. */
  readonly committer?: Committer;
  /** Documents in hand at a time. */
  readonly concurrency: number;
  readonly maxFailures?: MaxFailures;
  readonly filter?: DocumentFilter;
  /** Ids to take; all others are passed over. */
  readonly only?: ReadonlySet<string>;
  readonly limit?: number;
  readonly shard?: Shard;
  /** What a plan says of each document. */
  readonly expectations?: ReadonlyMap<string, Expectation>;
  /** Ends the run after the documents in hand. */
  readonly stop?: AbortSignal;
  /** Called once a document is settled. */
  readonly onOutcome?: (outcome: DocumentOutcome, document: SettledDocument) => void | Promise<void>;
}

/** What is known of a settled document beside its outcome. */
export interface SettledDocument {
  readonly container: SourceContainer;
  readonly document: SourceDocument;
  readonly prepared: Prepared | undefined;
}

export interface RunReport {
  readonly totals: Totals;
  /** False when the run was stopped: by a signal or by too many failures. */
  readonly complete: boolean;
  readonly stoppedBy?: 'signal' | 'failures';
}

/** The state of one run, shared by its containers. */
export class Run {
  readonly totals: Totals = emptyTotals();
  private taken = 0;
  private failed = false;

  constructor(readonly options: MigrateOptions) {}

  get stoppedBy(): RunReport['stoppedBy'] {
    if (this.failed) return 'failures';
    return this.options.stop?.aborted === true ? 'signal' : undefined;
  }

  /** True once `limit` documents have been taken. */
  get isFull(): boolean {
    return this.options.limit !== undefined && this.taken >= this.options.limit;
  }

  /** Claims a place under the limit for a document. */
  take(id: string): boolean {
    if (this.isFull || (this.options.only && !this.options.only.has(id))) return false;
    this.taken++;
    return true;
  }

  /** Gives the place back: the filter left the document out. */
  release(): void {
    this.taken--;
  }

  async settle(outcome: DocumentOutcome, settled: SettledDocument): Promise<void> {
    addToTotals(this.totals, outcome);
    this.failed ||= exceedsFailures(this.totals, this.options.maxFailures);
    await this.options.onOutcome?.(outcome, settled);
  }
}

/** Runs over every document of the sources. One outcome per document; never throws for one of them. */
export async function migrate(options: MigrateOptions): Promise<RunReport> {
  const run = new Run(options);
  for (const source of options.sources) {
    await pMap(source.containers(options.stop), (container) => takeContainer(container, run), { concurrency: options.concurrency });
  }
  const { totals, stoppedBy } = run;
  return { totals, complete: stoppedBy === undefined, ...(stoppedBy && { stoppedBy }) };
}

async function takeContainer(container: SourceContainer, run: Run): Promise<typeof pMapSkip> {
  if (isInShard(container.id, run.options.shard) && !run.isFull) await runContainer(container, run);
  return pMapSkip;
}
