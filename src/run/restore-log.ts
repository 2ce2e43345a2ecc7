import type { ResultEntry } from '../journal/entries.js';
import type { JournalSession } from '../journal/session.js';
import type { Restoration, RestoredDocument, RestoreJournal, RollbackOutcome } from './restore.js';

/** The writing side of a rollback: intents before a change, results behind it. */
export class RestoreLog implements RestoreJournal {
  /** Documents with an intent and without a result. */
  private readonly intended = new Set<string>();

  constructor(private readonly session: Pick<JournalSession, 'append' | 'flush' | 'isFull' | 'runId' | 'now'>) {}

  /** Writes down what is about to happen. Nothing is touched before `flush`. */
  async intend({ state, before, after, bytesBefore, bytesAfter }: Restoration): Promise<void> {
    this.intended.add(state.doc);
    this.session.append({
      kind: 'intent',
      ...this.stamp(),
      doc: state.doc,
      container: state.container,
      ...(state.line === undefined ? {} : { line: state.line }),
      before,
      after,
      bytesBefore,
      bytesAfter,
      blobs: [],
      inverse: [],
    });
    await this.flushIfFull();
  }

  flush(): Promise<void> {
    return this.session.flush();
  }

  /**
   * Writes down what became of a document. One that failed before anything was meant to be done to it still counts as
   * migrated, and stays out of the journal.
   */
  async record(
    { id, outcome, bytesBefore, bytesAfter, code, reason }: RollbackOutcome,
    { state, sha256 }: RestoredDocument,
  ): Promise<void> {
    const wasIntended = this.intended.delete(id);
    if (outcome === 'failed' && !wasIntended) return;
    const generation: ResultEntry['generation'] = state.result?.generation ?? 'unknown';
    this.session.append({
      kind: 'result',
      ...this.stamp(),
      doc: id,
      outcome,
      // Nothing else says which line this is: an original that was found has no intent in this run.
      ...(code === 'ALREADY_ORIGINAL' && state.line !== undefined && { before: sha256 }),
      generation,
      bytesBefore,
      bytesAfter,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    });
    await this.flushIfFull();
  }

  private async flushIfFull(): Promise<void> {
    if (this.session.isFull) await this.session.flush();
  }

  private stamp(): { readonly run: string; readonly at: string } {
    return { run: this.session.runId, at: this.session.now() };
  }
}
