import type { Disk } from './disk.js';
import type { DocumentFacts } from './document-facts.js';
import { encodeInverse } from './inverse-codec.js';
import type { Journal } from './journal.js';
import type { PendingDocument } from './journaled.js';
import type { DocumentOutcome } from './outcome.js';
import type { Replacement, SourceContainer } from './source.js';
import type { PreparedChange } from './prepare.js';

/** Where migrated containers go: over themselves, or to a copy. */
export interface Destination {
  /** What the journal calls the place. */
  pathOf(container: SourceContainer): string;
  open(container: SourceContainer): Promise<Replacement>;
  /** True when unchanged documents are to be written too, because the place is a new one. */
  readonly isCopy: boolean;
}

/** Documents of which earlier runs do not know a good end, by id; a map is one. */
export interface PendingDocuments {
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
  async record(outcome: DocumentOutcome, containerId: string, facts: () => DocumentFacts): Promise<void> {
    const { pending } = this.options;
    const isNews = this.begun || outcome.outcome !== 'unchanged' || pending.has(outcome.id) || pending.has(containerId);
    if (outcome.outcome === 'not-started' || !isNews) return;
    this.begin();
    const { id, outcome: what, generation, bytesBefore, bytesAfter, blobsWritten, blobsReused, code, reason } = outcome;
    this.options.journal.append({
      kind: 'result',
      ...this.stamp(),
      doc: id,
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
