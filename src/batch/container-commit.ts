import type { Committer } from './committer.js';
import { collectFacts } from './document-facts.js';
import type { DocumentFacts } from './document-facts.js';
import { LazyReplacement } from './lazy-replacement.js';
import type { DocumentOutcome } from './outcome.js';
import type { Prepared } from './prepare.js';
import type { SourceContainer, SourceDocument } from './source.js';

/** A document on its way through a container. */
export interface Item {
  readonly document: SourceDocument;
  /** `undefined` for a document that the run is not about. */
  readonly prepared: Prepared | undefined;
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
  readonly migrated: WaitingDocument[] = [];
  failure: { readonly error: unknown } | undefined;
  private readonly replacement: LazyReplacement;

  constructor(
    private readonly container: SourceContainer,
    private readonly committer: Committer,
  ) {
    const { destination } = committer;
    this.replacement = new LazyReplacement(container, () => destination.open(container), destination.isCopy);
  }

  /** Takes the documents in order. After a failure they are only remembered, so that each is accounted for. */
  async take(item: Item): Promise<void> {
    const prepared = item.prepared?.transformation && item.prepared;
    if (prepared)
      this.migrated.push(
        new WaitingDocument(
          item.document.id,
          item.document.line,
          prepared.outcome,
          collectFacts(item.document, prepared),
        ),
      );
    if (this.mustNotBeCopied(item)) return;
    await this.attempt(async () => {
      if (prepared) await this.committer.intend(this.container, prepared);
      await this.replacement.write(item.document, prepared?.transformation.rewrite.bytes);
    });
  }

  async finish(): Promise<void> {
    await this.attempt(async () => {
      if (!this.replacement.isOpen) return;
      await this.committer.flush();
      await this.replacement.commit();
    });
  }

  /** Gives up. A temporary file that cannot be removed is removed by a later run. */
  async fail(error: unknown): Promise<void> {
    this.failure ??= { error };
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
