import type { AddressRule } from '../bag/places.js';
import { encodeInverse } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import type { PendingDocument } from '../journal/read.js';
import type { Disk } from '../sources/disk.js';
import type { Destination, Replacement, SourceContainer, SourceDocument } from '../sources/source.js';
import { collectFacts } from './document.js';
import type { Prepared, PreparedChange } from './document.js';
import { isStopped } from './outcome.js';
import type { DocumentOutcome } from './outcome.js';
import type { DocumentFacts, ResultEntry } from '../journal/entries.js';

/** A document on its way through a container. */
export interface Item {
  readonly document: SourceDocument;
  /** `undefined` for a document that the run is not about. */
  readonly prepared: Prepared | undefined;
}

/** How far a container was taken. */
export interface Taken {
  readonly hasLines: boolean;
  readonly count: number;
  /** True when the run took every document that was read, and read all. */
  readonly isWhole: boolean;
  /** True when a stop or the limit of the run left documents. */
  readonly isLeft: boolean;
  /** Present when the container cannot be read to its end. */
  readonly broken?: { readonly error: unknown };
}

/** What is kept of a document until its container is committed: not its bytes. A run may keep a hundred thousand. */
export class WaitingDocument {
  constructor(
    readonly id: string,
    readonly line: number | undefined,
    readonly outcome: DocumentOutcome,
    readonly facts: DocumentFacts,
  ) {}
}

/** The writing of one container: intents first, then the swap. Never throws: `failure` says what went wrong. */
export class ContainerCommit {
  readonly waiting: WaitingDocument[] = [];
  failure: { readonly error: unknown } | undefined;
  /** True when no copy was published because the run left documents of the container. */
  isAborted = false;
  private isWhole = false;
  private readonly replacement: LazyReplacement;

  constructor(
    private readonly container: SourceContainer,
    private readonly committer: Committer,
    private readonly addresses: AddressRule,
  ) {
    const { destination } = committer;
    this.replacement = new LazyReplacement(
      container,
      () => destination.open(container, () => this.isWhole),
      destination.isCopy,
    );
  }

  /** Takes the documents in order. After a failure they are only remembered, so that each is accounted for. */
  async take(item: Item): Promise<void> {
    const prepared = item.prepared?.transformation && item.prepared;
    if (item.prepared && this.waits(item.document, item.prepared)) this.remember(item.document, item.prepared);
    if (this.mustNotBeCopied(item)) return;
    await this.attempt(async () => {
      if (prepared) await this.committer.intend(this.container, prepared);
      await this.replacement.write(item.document, prepared?.transformation.rewrite.bytes);
    });
  }

  /** True for a document whose end depends on the commit: also for an unchanged one that is a file of its own. */
  waits({ line }: SourceDocument, { transformation, outcome }: Prepared): boolean {
    return transformation !== undefined || (this.isFileCopy && line === undefined && outcome.outcome === 'unchanged');
  }

  /** What went to standard output cannot be taken back, and meets no other file. */
  private get isFileCopy(): boolean {
    const { destination } = this.committer;
    return destination.isCopy && destination.pathOf(this.container) !== '-';
  }

  private remember(document: SourceDocument, prepared: Prepared): void {
    const { id, line } = document;
    this.waiting.push(
      new WaitingDocument(id, line, prepared.outcome, collectFacts(document, prepared, this.addresses)),
    );
  }

  /** Publishes no copy of lines that the run did not take to their end: a later run could not tell what is missing. */
  async finish({ isWhole, isLeft, hasLines }: Taken): Promise<void> {
    this.isWhole = isWhole;
    this.isAborted = this.isFileCopy && hasLines && isLeft;
    if (this.isAborted) {
      await Promise.allSettled([this.replacement.abort()]);
      return;
    }
    await this.attempt(async () => {
      if (this.container.holdsLines === true) await this.replacement.openCopy();
      if (!this.replacement.isOpen) return;
      await this.committer.flush();
      await this.replacement.commit();
    });
  }

  /** Gives up. A temporary file that cannot be removed is removed by a later run. */
  async fail(error: unknown): Promise<void> {
    this.failure ??= { error };
    if (isStopped(error) && this.isFileCopy) this.isAborted = true;
    await Promise.allSettled([this.replacement.abort()]);
  }

  private async attempt(step: () => Promise<void>): Promise<void> {
    if (this.failure) return;
    try {
      await step();
    } catch (error) {
      await this.fail(error);
    }
  }

  /**
   * A copy is for use, and a document that was quarantined or failed must not be used. A line stays, so that lines
   * keep their numbers.
   */
  private mustNotBeCopied({ document, prepared }: Item): boolean {
    const outcome = prepared?.outcome.outcome;
    return (
      this.committer.destination.isCopy &&
      document.line === undefined &&
      outcome !== 'migrated' &&
      outcome !== 'unchanged'
    );
  }
}

/** What a result says beside the outcome. */
export type RecordedFacts = DocumentFacts & Pick<ResultEntry, 'before'>;

/** Documents of which earlier runs do not know a good end, by id; a map is one. */
interface PendingDocuments {
  has(id: string): boolean;
  get(id: string): PendingDocument | undefined | Promise<PendingDocument | undefined>;
}

export interface CommitterOptions {
  readonly journal: Pick<Journal, 'append' | 'flush' | 'isFull'>;
  readonly destination: Destination;
  readonly runId: string;
  /** RFC 3339. */
  readonly now: () => string;
  /** Written first, once there is anything to write at all. */
  readonly begin: () => void;
  readonly pending: PendingDocuments;
  /** Earlier runs have migrated documents: results of lines say which bytes they are about. Default false. */
  readonly isRerun?: boolean;
  readonly disk: Disk;
}

/** The writing side of a run: intents before a change, results behind it. */
export class Committer {
  private begun = false;

  constructor(private readonly options: CommitterOptions) {}

  get destination(): Destination {
    return this.options.destination;
  }

  /** The intent of an earlier run that has committed this document and could not say so. */
  async recovered(id: string, sha256: () => string): Promise<PendingDocument | undefined> {
    const pending = await this.options.pending.get(id);
    if (pending?.after === undefined) return undefined;
    return pending.after === sha256() ? pending : undefined;
  }

  get isRerun(): boolean {
    return this.options.isRerun === true;
  }

  /** True when the last word on a document or container is a failure, or its intent has no result. */
  isPending(id: string): boolean {
    return this.options.pending.has(id);
  }

  /** Writes down what is about to happen. Nothing is touched before `flush`. */
  async intend(container: SourceContainer, { transformation }: PreparedChange): Promise<void> {
    this.begin();
    const { document, rewrite, before, after, plans } = transformation;
    const blobs = plans.flatMap((plan) => plan.blobs);
    this.options.journal.append({
      kind: 'intent',
      ...this.stamp(),
      doc: document.id,
      container: this.destination.pathOf(container),
      ...(document.line === undefined ? {} : { line: document.line }),
      before: before(),
      after: after(),
      bytesBefore: document.bytes.length,
      bytesAfter: rewrite.bytes.length,
      ...(container.version === undefined ? {} : { version: container.version }),
      blobs: blobs.map(({ uri, sha256, size }) => ({ uri, sha256, bytes: size })),
      inverse: encodeInverse(rewrite.inverse, blobs),
    });
    if (this.options.journal.isFull) await this.options.journal.flush();
  }

  flush(): Promise<void> {
    return this.options.journal.flush();
  }

  /** Writes down what became of a document. Unchanged ones are news only in a run that writes, or behind a failure. */
  async record(outcome: DocumentOutcome, containerId: string, facts: () => RecordedFacts): Promise<void> {
    const { pending } = this.options;
    const isNews = this.begun || outcome.outcome !== 'unchanged' || pending.has(outcome.id) || pending.has(containerId);
    if (outcome.outcome === 'not-started' || !isNews) return;
    this.begin();
    const {
      id,
      subject,
      outcome: what,
      generation,
      bytesBefore,
      bytesAfter,
      blobsWritten,
      blobsReused,
      code,
      reason,
    } = outcome;
    this.options.journal.append({
      kind: 'result',
      ...this.stamp(),
      doc: id,
      // A place has no result: what is found there later has other names.
      ...(subject === 'container' && { subject }),
      outcome: what,
      generation,
      bytesBefore,
      bytesAfter,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
      blobsWritten,
      blobsReused,
      ...facts(),
    });
    if (this.options.journal.isFull) await this.options.journal.flush();
  }

  /** Takes the intent of a document back whose copy was not published. */
  voidIntent({ id, generation, bytesBefore, bytesAfter, code, reason }: DocumentOutcome): void {
    this.options.journal.append({
      kind: 'result',
      ...this.stamp(),
      doc: id,
      outcome: 'not-started',
      generation,
      bytesBefore,
      bytesAfter,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** True when the run has written anything to the journal. */
  get hasBegun(): boolean {
    return this.begun;
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.options.begin();
  }

  private stamp(): { readonly run: string; readonly at: string } {
    return { run: this.options.runId, at: this.options.now() };
  }
}

/**
 * The new content of a container, opened at the first document that changes, so that a container without one is never
 * touched. What stood before that document is read again and copied.
 */
export class LazyReplacement {
  private replacement: Replacement | undefined;
  private seen = 0;

  constructor(
    private readonly container: SourceContainer,
    private readonly open: () => Promise<Replacement>,
    /** Open at the first document, changed or not. */
    private readonly always = false,
  ) {}

  /** Takes the documents in order; `bytes` is undefined for one that stays as it is. */
  async write(document: SourceDocument, bytes: Uint8Array | undefined): Promise<void> {
    if (!this.replacement && (bytes !== undefined || this.always)) await this.begin();
    this.seen++;
    await this.replacement?.write(document, bytes ?? document.bytes);
  }

  /** A copy of a container without documents is made, too. */
  async openCopy(): Promise<void> {
    if (!this.replacement && this.always && this.seen === 0) await this.begin();
  }

  get isOpen(): boolean {
    return this.replacement !== undefined;
  }

  async commit(): Promise<void> {
    await this.replacement?.commit(this.container.tail);
    this.replacement = undefined;
  }

  async abort(): Promise<void> {
    await this.replacement?.abort();
  }

  private async begin(): Promise<void> {
    this.replacement = await this.open();
    if (this.seen === 0) return;
    let left = this.seen;
    for await (const document of this.container.documents()) {
      await this.replacement.write(document, document.bytes);
      if (--left === 0) break;
    }
  }
}
