import { pMapIterable } from 'p-map';
import { addressRule } from '../bag/sources.js';
import type { StateBagError } from '../errors/index.js';
import { buffers } from '../sources/read-file.js';
import type { SourceContainer, SourceDocument } from '../sources/source.js';
import { ContainerCommit } from './commit.js';
import type { Item, WaitingDocument } from './commit.js';
import { collectFacts, prepareDocument } from './document.js';
import { takeForMigration } from './own-documents.js';
import type { Run, SettledDocument } from './run.js';
import { failureOf, notStarted } from './outcome.js';
import type { DocumentOutcome } from './outcome.js';
import { digestDocument } from './transform.js';
import type { DocumentFacts } from '../journal/entries.js';

/** Transforms every document of a container, in order, and commits the container once. */
export async function runContainer(container: SourceContainer, run: Run): Promise<void> {
  if (container.unreadable) return leaveUnread(container, container.unreadable, run);
  if (run.stoppedBy) return run.settle(notStarted(container.id, 0), unread(container));
  const commit = run.options.committer && new ContainerCommit(container, run.options.committer);
  const broken = await takeDocuments(container, run, commit);
  if (broken) await commit?.fail(broken.error);
  else await commit?.finish();
  await settleCommitted(container, run, commit?.migrated ?? [], commit?.failure ?? broken);
}

/** Stays out of the journal: what is found there once it can be read has other names. */
function leaveUnread(container: SourceContainer, error: StateBagError, run: Run): Promise<void> {
  run.notStarted.unread++;
  return run.settle({ ...notStarted(container.id, 0), ...failureOf(error) }, unread(container));
}

interface Failure {
  readonly error: unknown;
}

/**
 * Settles all that does not wait for the commit. Resolves to the error when the container cannot be read to its end.
 */
async function takeDocuments(
  container: SourceContainer,
  run: Run,
  commit: ContainerCommit | undefined,
): Promise<Failure | undefined> {
  try {
    for await (const item of prepareAll(container, run, commit)) {
      await commit?.take(item);
      const waits = commit !== undefined && item.prepared?.transformation !== undefined;
      if (item.prepared && !waits) await settle(run, container, item, item.prepared.outcome);
      if (!commit?.failure) release(item);
    }
    return undefined;
  } catch (error) {
    return { error };
  }
}

/**
 * Gives the memory of a document back. Where something went wrong, a write may still be on its way: then it is left to
 * the collector.
 */
function release({ document, prepared }: Item): void {
  if (prepared && !['migrated', 'unchanged'].includes(prepared.outcome.outcome)) return;
  document.release?.();
  if (prepared?.transformation) buffers.give(prepared.transformation.rewrite.bytes);
}

async function* prepareAll(
  container: SourceContainer,
  run: Run,
  commit: ContainerCommit | undefined,
): AsyncIterable<Item> {
  const { settings, filter, expectations } = run.options;
  const prepare = async (found: SourceDocument): Promise<Item> => {
    const document = takeForMigration(found);
    if (!document || !run.isWanted(document.id, container.id)) return { document: found, prepared: undefined };
    if (commit?.failure ?? run.stoppedBy)
      return { document, prepared: { outcome: left(document, commit), transformation: undefined } };
    const expectation = expectations?.get(document.id);
    const prepared = await prepareDocument(document, settings, {
      filter,
      expectation,
      admit: () => run.take(document.id),
    });
    return { document, prepared };
  };
  yield* pMapIterable(container.documents(), prepare, { concurrency: run.share });
}

/** A document that nobody looked at. */
function left({ id, bytes }: SourceDocument, commit: ContainerCommit | undefined): DocumentOutcome {
  return commit?.failure ? { ...notStarted(id, bytes.length), ...CONTAINER_FAILED } : notStarted(id, bytes.length);
}

const CONTAINER_FAILED = {
  code: 'CONTAINER_FAILED',
  reason: 'the file or object around this document could not be written; it is as it was',
};

/** What was prepared to be written: migrated, or failed together with its container. */
async function settleCommitted(
  container: SourceContainer,
  run: Run,
  waiting: readonly WaitingDocument[],
  failure: Failure | undefined,
): Promise<void> {
  for (const { id, line, outcome, facts } of waiting) {
    const settled = failure ? { ...outcome, ...failureOf(failure.error), bytesAfter: outcome.bytesBefore } : outcome;
    await record(run, container, settled, () => facts);
    await run.settle(settled, {
      container,
      document: { id, line, bytes: NO_BYTES },
      prepared: { outcome, transformation: undefined },
    });
  }
  if (!failure || waiting.length > 0) return;
  const missing = unread(container);
  await settle(run, container, missing, { ...notStarted(container.id, 0), ...failureOf(failure.error) });
}

async function settle(
  run: Run,
  container: SettledDocument['container'],
  item: Item,
  outcome: DocumentOutcome,
): Promise<void> {
  const settled = await recover(run, item, outcome);
  const { blobs } = run.options.settings;
  await record(run, container, settled, () => collectFacts(item.document, item.prepared, addressRule(blobs)));
  await run.settle(settled, { container, document: item.document, prepared: item.prepared });
}

/** Never throws: a journal that cannot be written any more ends the run. */
async function record(
  run: Run,
  container: SettledDocument['container'],
  outcome: DocumentOutcome,
  facts: () => DocumentFacts,
): Promise<void> {
  try {
    await run.options.committer?.record(outcome, container.id, facts);
  } catch (error) {
    run.end(error);
  }
}

/** An unchanged document may be one that an earlier run had committed before it was killed. */
async function recover(run: Run, { document }: Item, outcome: DocumentOutcome): Promise<DocumentOutcome> {
  if (outcome.outcome !== 'unchanged' || outcome.generation === 'foreign') return outcome;
  const intent = await run.options.committer?.recovered(document.id, () => digestDocument(document));
  if (!intent) return outcome;
  const reason = 'an earlier run had committed this document and ended before it could say so';
  return { ...outcome, outcome: 'migrated', bytesBefore: intent.bytesBefore, code: 'RECOVERED', reason };
}

/** Stands for the document when its container has not been read. */
export function unread(container: SettledDocument['container']): SettledDocument {
  return { container, document: { id: container.id, line: undefined, bytes: NO_BYTES }, prepared: undefined };
}

const NO_BYTES = new Uint8Array();
