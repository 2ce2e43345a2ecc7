import { pMapIterable } from 'p-map';
import { StateBagError, messageOf } from '../errors.js';
import type { Committer } from './committer.js';
import type { Run } from './migrate.js';
import type { DocumentOutcome } from './outcome.js';
import { prepareDocument } from './prepare.js';
import type { Prepared } from './prepare.js';
import { LazyReplacement } from './lazy-replacement.js';
import type { SourceContainer, SourceDocument } from './source.js';
import { digest } from './stages.js';

interface Item {
  readonly document: SourceDocument;
  /** `undefined` for a document that the run is not about. */
  readonly prepared: Prepared | undefined;
}

/** Takes every document of a container through its stages, in order, and commits the container once. */
export async function runContainer(container: SourceContainer, run: Run): Promise<void> {
  if (run.stoppedBy) return run.settle(notStarted(container.id, 0), unread(container));
  const commit = run.options.committer && new ContainerCommit(container, run.options.committer);
  try {
    for await (const item of prepareAll(container, run)) {
      await commit?.take(item);
      if (item.prepared && !(commit && item.prepared.validated)) await settle(run, container, item, item.prepared.outcome);
    }
    await commit?.finish();
    for (const item of commit?.migrated ?? []) await settle(run, container, item, item.prepared!.outcome);
  } catch (error) {
    await commit?.abort();
    await settleFailure(container, run, commit?.migrated ?? [], error);
  }
}

async function* prepareAll(container: SourceContainer, run: Run): AsyncIterable<Item> {
  const { concurrency, settings, filter, expectations } = run.options;
  const prepare = async (document: SourceDocument): Promise<Item> => {
    if (!run.take(document.id)) return { document, prepared: undefined };
    if (run.stoppedBy) return { document, prepared: { outcome: notStarted(document.id, document.bytes.length), validated: undefined } };
    const prepared = await prepareDocument(document, settings, { filter, expectation: expectations?.get(document.id) });
    if (!prepared) run.release();
    return { document, prepared };
  };
  yield* pMapIterable(container.documents(), prepare, { concurrency });
}

async function settle(run: Run, container: SourceContainer, item: Item, outcome: DocumentOutcome): Promise<void> {
  const recovered = run.options.committer?.isRecovered(item.document.id, () => digest(item.document.bytes));
  const settled: DocumentOutcome = recovered && outcome.outcome === 'unchanged' ? { ...outcome, outcome: 'migrated', code: 'RECOVERED', reason: 'an earlier run had committed this document and ended before it could say so' } : outcome;
  run.options.committer?.record(settled);
  await run.settle(settled, { container, document: item.document, prepared: item.prepared });
}

/** The container could not be read or replaced: what was prepared has failed, and the container with it. */
async function settleFailure(container: SourceContainer, run: Run, migrated: readonly Item[], error: unknown): Promise<void> {
  const failure = { outcome: 'failed', code: error instanceof StateBagError ? error.code : 'UNEXPECTED', reason: messageOf(error) } as const;
  for (const item of migrated) {
    const { outcome } = item.prepared!;
    await settle(run, container, item, { ...outcome, ...failure, bytesAfter: outcome.bytesBefore });
  }
  if (migrated.length === 0) await run.settle({ ...notStarted(container.id, 0), ...failure }, unread(container));
}

function unread(container: SourceContainer): { container: SourceContainer; document: SourceDocument; prepared: undefined } {
  return { container, document: { id: container.id, line: undefined, bytes: new Uint8Array() }, prepared: undefined };
}

function notStarted(id: string, bytes: number): DocumentOutcome {
  return { id, outcome: 'not-started', generation: 'unknown', bytesBefore: bytes, bytesAfter: bytes, blobsWritten: 0, blobsReused: 0 };
}

/** The writing of one container: intents first, then the swap. */
class ContainerCommit {
  readonly migrated: Item[] = [];
  private readonly replacement: LazyReplacement;

  constructor(
    private readonly container: SourceContainer,
    private readonly committer: Committer,
  ) {
    const { destination } = committer;
    this.replacement = new LazyReplacement(container, () => destination.open(container), destination.isCopy);
  }

  async take(item: Item): Promise<void> {
    const validated = item.prepared?.validated;
    if (this.mustNotBeCopied(item)) return;
    if (validated) {
      await this.committer.intend(this.container, validated);
      this.migrated.push(withoutBytes(item));
    }
    await this.replacement.write(item.document, validated?.rewrite.bytes);
  }

  async finish(): Promise<void> {
    if (!this.replacement.isOpen) return;
    await this.committer.flush();
    await this.replacement.commit();
  }

  abort(): Promise<void> {
    return this.replacement.abort();
  }

  /** A copy is for use; a document that needs somebody is not to be used. A line stays, so that lines keep their numbers. */
  private mustNotBeCopied({ document, prepared }: Item): boolean {
    const outcome = prepared?.outcome.outcome;
    return this.committer.destination.isCopy && document.line === undefined && outcome !== 'migrated' && outcome !== 'unchanged';
  }
}

/** What is kept of a document until its container is committed: not its bytes. */
function withoutBytes({ document, prepared }: Item): Item {
  const { id, line } = document;
  return { document: { id, line, bytes: new Uint8Array() }, prepared: prepared && { outcome: prepared.outcome, validated: undefined } };
}
