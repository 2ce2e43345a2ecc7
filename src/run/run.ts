import type { NotStarted } from '../journal/entries.js';
import type { IsIgnored } from '../sources/container-choice.js';
import { InventoryCount } from '../sources/inventory.js';
import type { Inventory, Unseen } from '../sources/inventory.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../sources/source.js';
import type { Committer } from './commit.js';
import type { DocumentFilter, Expectation, Prepared } from './document.js';
import type { FailureLimit } from './limits.js';
import { addToTotals, emptyTotals } from './outcome.js';
import type { DocumentOutcome, Totals } from './outcome.js';
import { digestDocument } from './transform.js';
import type { TransformSettings } from './transform.js';
import { Pace } from './pace.js';
import type { Shard } from '../sources/container-choice.js';

/** What a run is about and what it may do. */
export interface EngineOptions {
  readonly sources: readonly DocumentSource[];
  readonly settings: TransformSettings;
  /** Writes; a dry run has none. */
  readonly committer?: Committer;
  /** Documents in hand at a time, when there is no `pace`. */
  readonly concurrency: number;
  readonly pace?: Pace;
  /** Ends the run when too many documents fail. */
  readonly failureLimit?: FailureLimit;
  readonly filter?: DocumentFilter;
  /** Ids to take; all others are passed over. */
  readonly only?: ReadonlySet<string>;
  /** Digests of further lines to take, by the id of their container. */
  readonly onlyLines?: ReadonlyMap<string, ReadonlySet<string> | undefined>;
  readonly limit?: number;
  /** True for documents that an earlier run has settled: beyond the limit they are not left over. */
  readonly isDone?: (id: string) => boolean;
  readonly shard?: Shard;
  /** What a plan says of each document. */
  readonly expectations?: ReadonlyMap<string, Expectation>;
  /** Ends the run after the documents in hand. */
  readonly stop?: AbortSignal;
  /** Entries that are left out. */
  readonly isIgnored?: IsIgnored;
  /** A source, file or object without documents is not a mistake. Default false. */
  readonly allowEmpty?: boolean;
  /** Called for each entry of which nothing can be said. */
  readonly onUnseen?: (unseen: Unseen) => void;
  /** Called once a document is settled. */
  readonly onOutcome?: (outcome: DocumentOutcome, document: SettledDocument) => void | Promise<void>;
}

/** What is known of a settled document beside its outcome. */
export interface SettledDocument {
  readonly container: Pick<SourceContainer, 'id' | 'version'>;
  readonly document: SourceDocument;
  readonly prepared: Prepared | undefined;
}

export interface RunReport {
  readonly totals: Totals;
  /** False when the run was stopped: by a signal or by too many failures. */
  readonly complete: boolean;
  readonly stoppedBy?: 'signal' | 'failures';
  /** What the run did not take: because it was stopped or reached its limit, or because a place could not be read. */
  readonly notStarted: NotStarted;
  /** What became of the entries of the sources. */
  readonly inventory: Inventory;
}

/** The state of one run, shared by its containers. */
export class Run {
  readonly totals: Totals = emptyTotals();
  readonly notStarted: { -readonly [K in keyof NotStarted]: NotStarted[K] } = {
    documents: 0,
    containers: 0,
    unread: 0,
    unlisted: false,
  };
  readonly inventory: InventoryCount;
  readonly pace: Pace;
  private taken = 0;
  private failed = false;
  private containersInHand = 0;
  private fault: { readonly error: unknown } | undefined;

  constructor(readonly options: EngineOptions) {
    this.pace = options.pace ?? new Pace(options.concurrency);
    this.inventory = new InventoryCount(options.sources, options);
  }

  get stoppedBy(): RunReport['stoppedBy'] {
    if (this.failed || this.fault) return 'failures';
    return this.options.stop?.aborted === true ? 'signal' : undefined;
  }

  /** True once `limit` documents have been taken. */
  get isFull(): boolean {
    return this.options.limit !== undefined && this.taken >= this.options.limit;
  }

  /** A container whose reading failed stands among the chosen ids for all that is in it. */
  isWanted(document: SourceDocument, containerId: string): boolean {
    const { id } = document;
    const { only, onlyLines } = this.options;
    const isChosen = !only || only.has(id) || only.has(containerId);
    if (!isChosen && onlyLines?.get(containerId)?.has(digestDocument(document)) !== true) return false;
    if (this.isFull) this.leave('documents', id);
    return !this.isFull;
  }

  /** Claims a place under the limit for a document. */
  take(id: string): boolean {
    if (this.isFull) {
      this.leave('documents', id);
      return false;
    }
    this.taken++;
    return true;
  }

  /** Counts what the limit leaves over. */
  leave(kind: 'documents' | 'containers', id: string): void {
    if (this.options.isDone?.(id) !== true) this.notStarted[kind]++;
  }

  /** How many documents of one container may be in hand, so that those of all containers stay few. */
  get share(): number {
    return Math.max(1, Math.floor(this.pace.concurrency / Math.max(1, this.containersInHand)));
  }

  async hold(work: () => Promise<void>): Promise<void> {
    this.containersInHand++;
    try {
      await work();
    } finally {
      this.containersInHand--;
    }
  }

  /** Never throws: what the caller's `onOutcome` throws ends the run once the documents in hand are done. */
  async settle(outcome: DocumentOutcome, settled: SettledDocument): Promise<void> {
    addToTotals(this.totals, outcome);
    if (outcome.outcome === 'not-started') this.notStarted[settled.prepared ? 'documents' : 'containers']++;
    if (this.options.failureLimit?.isExceededBy(outcome) === true) this.failed = true;
    if (this.fault) return;
    try {
      await this.options.onOutcome?.(outcome, settled);
    } catch (error) {
      this.end(error);
    }
  }

  /** Ends the run with an error that is no document's. */
  end(error: unknown): void {
    this.fault ??= { error };
  }

  assertSound(): void {
    if (this.fault) throw this.fault.error;
  }
}
