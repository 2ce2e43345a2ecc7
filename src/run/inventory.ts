import pMap, { pMapSkip } from 'p-map';
import { ConfigError } from '../errors/index.js';
import type { IsIgnored } from '../sources/container-choice.js';
import { InventoryCount } from '../sources/inventory.js';
import type { Inventory, Unseen } from '../sources/inventory.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../sources/source.js';
import { failureOf, hasLivedOn, isEmptySource } from './outcome.js';
import { blobDigestOf, isJournalLine } from './document.js';

/** Something of which nothing can be said: an entry, or a document that was read and is not understood. */
export interface Blind extends Omit<Unseen, 'kind'> {
  readonly kind: Unseen['kind'] | 'undecidable';
}

/** What a gate answers from. Only one with no other figure than `read` is a proof. */
export interface GateInventory extends Inventory {
  /** Documents that were read and are not understood. */
  readonly undecidable: number;
}

/** True when everything was read and understood. */
export function isProven({ skipped, unreadable, empty, undecidable }: GateInventory): boolean {
  return skipped + unreadable + empty + undecidable === 0;
}

export interface InventoryOptions {
  readonly sources: readonly DocumentSource[];
  /** Containers in hand at a time. */
  readonly concurrency: number;
  /** A source, file or object without documents is not a mistake. */
  readonly allowEmpty: boolean;
  /** Entries that the user says are no concern of the answer. */
  readonly isIgnored?: IsIgnored | undefined;
  /** Ends the survey after the containers in hand. */
  readonly stop?: AbortSignal | undefined;
  /** Called for blobs and journal lines of the tool, wherever they are: they are not documents. */
  readonly onOwn?: (document: SourceDocument) => void;
  /** Resolves to why the document is not understood; to `undefined` when it is. */
  readonly onDocument: (document: SourceDocument) => Flaw | undefined | Promise<Flaw | undefined>;
  readonly onBlind: (blind: Blind) => void | Promise<void>;
}

/** Why a document is not understood. */
export interface Flaw {
  readonly code: string;
  readonly reason: string;
}

/**
 * Reads every document of the sources, one source after the other, and writes nothing. Whatever was not looked at or
 * not understood goes to `onBlind` and does not end the survey. Throws `ConfigError` for a source that is wrong in
 * itself.
 */
export async function readInventory(options: InventoryOptions): Promise<GateInventory> {
  const { sources, stop, isIgnored, onBlind } = options;
  const count = new InventoryCount(sources, { stop, isIgnored, takesAliases: true, onUnseen: onBlind });
  let undecidable = 0;
  for (const source of sources) {
    const survey = new SourceSurvey(source, options, count);
    await survey.run();
    undecidable += survey.undecidable;
  }
  return { ...count.counts, undecidable };
}

/** The survey of one source. */
class SourceSurvey {
  undecidable = 0;
  /** Documents, rows that are gone, and what another source listed before. */
  private met = 0;

  constructor(
    private readonly source: DocumentSource,
    private readonly options: InventoryOptions,
    private readonly count: InventoryCount,
  ) {}

  async run(): Promise<void> {
    const { concurrency, stop } = this.options;
    const before = unseenIn(this.count.counts);
    await pMap(this.listed(), (container) => this.readContainer(container), { concurrency });
    const isEmpty = this.met === 0 && unseenIn(this.count.counts) === before;
    if (stop?.aborted) await this.count.noteUnreadable({ id: this.source.id, ...STOPPED });
    else if (isEmpty && !this.mayBeEmpty) await this.count.noteEmptySource(this.source.id);
  }

  private get mayBeEmpty(): boolean {
    return this.options.allowEmpty || this.source.mayBeEmpty === true;
  }

  private async *listed(): AsyncIterable<SourceContainer> {
    const { stop, allowEmpty } = this.options;
    const skippedBefore = this.count.counts.skipped;
    try {
      for await (const container of this.count.list(this.source, () => this.met++)) {
        if (stop?.aborted) return;
        yield container;
      }
    } catch (error) {
      const isSkipped = this.count.counts.skipped > skippedBefore;
      if (stop?.aborted || (isEmptySource(error) && (allowEmpty || isSkipped))) return;
      if (error instanceof ConfigError) throw error;
      await this.count.noteUnreadable({ id: this.source.id, ...failureOf(error) });
    }
  }

  private async readContainer(container: SourceContainer): Promise<typeof pMapSkip> {
    const documents = container.documents(this.options.stop)[Symbol.asyncIterator]();
    let count = 0;
    for (;;) {
      const next = await documents.next().catch((error: unknown) => this.failed(container, error));
      if (next === undefined) return pMapSkip;
      if (next.done === true) break;
      count++;
      await this.take(next.value);
    }
    const needsDocuments = container.id !== this.source.id && !this.mayBeEmpty;
    await this.count.noteRead(container.id, needsDocuments ? count : undefined);
    return pMapSkip;
  }

  private async take(document: SourceDocument): Promise<void> {
    if (blobDigestOf(document) !== undefined || isJournalLine(document)) {
      this.options.onOwn?.(document);
      return;
    }
    this.met++;
    const flaw = await this.options.onDocument(document);
    if (flaw === undefined) return;
    this.undecidable++;
    await this.options.onBlind({ kind: 'undecidable', id: document.id, code: flaw.code, reason: flaw.reason });
  }

  private async failed({ id }: SourceContainer, error: unknown): Promise<undefined> {
    // A row that is gone was resumed: its bag is met in its execution.
    if (hasLivedOn(error)) this.met++;
    // The source is reported as one that was stopped.
    else if (this.options.stop?.aborted !== true) await this.count.noteUnreadable({ id, ...failureOf(error) });
  }
}

/** Why nothing can be said of what a stop left. */
export const STOPPED: Flaw = {
  code: 'RUN_STOPPED',
  reason: 'the run was stopped before all of it was read; run it again',
};

/** Why nothing can be said of what a text holds or names. */
export const TEXT_UNREAD: Flaw = {
  code: 'GZIP_INVALID',
  reason:
    'compressed text is in it that cannot be decompressed, or that has too many levels, so what it holds or names is not known',
};

function unseenIn({ skipped, unreadable, empty }: Inventory): number {
  return skipped + unreadable + empty;
}
