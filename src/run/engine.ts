import pMap, { pMapIterable, pMapSkip } from 'p-map';
import { addressRule } from '../bag/sources.js';
import { ConfigError } from '../errors/index.js';
import { isInShard } from '../sources/container-choice.js';
import { buffers } from '../sources/read-file.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../sources/source.js';
import { ContainerCommit } from './commit.js';
import type { Item, RecordedFacts, Taken, WaitingDocument } from './commit.js';
import { collectFacts, prepareDocument, takeForMigration } from './document.js';
import { failureOf, hasLivedOn, isEmptySource, isStopped, NOTHING_DONE, notStarted } from './outcome.js';
import type { DocumentOutcome } from './outcome.js';
import { MAX_CONCURRENCY } from './pace.js';
import { Run } from './run.js';
import type { EngineOptions, RunReport, SettledDocument } from './run.js';
import { digestDocument } from './transform.js';

/** True when the run has taken everything that it was about, and has passed nothing over. */
export function isWhole({
  complete,
  notStarted: { documents, containers, unread, unlisted },
  inventory: { skipped, empty },
}: Pick<RunReport, 'complete' | 'notStarted' | 'inventory'>): boolean {
  return complete && !unlisted && documents + containers + unread + skipped + empty === 0;
}

/**
 * Runs over every document of the sources; what several of them list is taken once. One outcome per document; never
 * throws for one of them. A `ConfigError` of a source, and whatever `onOutcome` throws, is thrown once no document is
 * in hand any more.
 */
export async function runSources(options: EngineOptions): Promise<RunReport> {
  const run = new Run(options);
  const leave = run.pace.endWith(options.stop);
  try {
    for (const source of options.sources) {
      const mayBeEmpty = source.mayBeEmpty === true || options.allowEmpty === true;
      const containers = listed(source, mayBeEmpty, run);
      await pMap(containers, (container) => takeContainer(container, mayBeEmpty, run), {
        concurrency: MAX_CONCURRENCY,
      });
    }
  } finally {
    leave();
  }
  run.assertSound();
  const { totals, stoppedBy, notStarted, inventory } = run;
  return {
    totals,
    complete: stoppedBy === undefined,
    ...(stoppedBy && { stoppedBy }),
    notStarted,
    inventory: inventory.counts,
  };
}

/**
 * Yields each container when its turn has come. A listing that breaks off is a failure of the source; what was listed
 * before is in hand and is finished.
 */
async function* listed(source: DocumentSource, mayBeEmpty: boolean, run: Run): AsyncIterable<SourceContainer> {
  const { stop, shard } = run.options;
  let met = 0;
  try {
    for await (const container of run.inventory.list(source, () => met++)) {
      met++;
      await run.pace.turn();
      if (!run.isFull) {
        yield container;
        continue;
      }
      run.pace.release();
      if (isInShard(container.id, shard)) run.leave('containers', container.id);
      if (source.isListedAtOnce === true) continue;
      // The rest is not even listed: of a table that would cost as much as reading it.
      run.notStarted.unlisted = true;
      return;
    }
    if (met === 0 && !mayBeEmpty && stop?.aborted !== true) await run.inventory.noteEmptySource(source.id);
  } catch (error) {
    if (mayBeEmpty && isEmptySource(error)) return;
    if (!(error instanceof ConfigError)) run.notStarted.unlisted = true;
    if (stop?.aborted) return;
    if (error instanceof ConfigError) run.end(error);
    else await leaveUnread({ id: source.id, version: undefined }, error, run);
  }
}

async function takeContainer(container: SourceContainer, mayBeEmpty: boolean, run: Run): Promise<typeof pMapSkip> {
  try {
    if (!isInShard(container.id, run.options.shard)) return pMapSkip;
    if (run.isFull) run.leave('containers', container.id);
    else await run.hold(() => runContainer(container, mayBeEmpty, run));
  } catch (error) {
    run.end(error);
  } finally {
    run.pace.release();
  }
  return pMapSkip;
}

/**
 * Transforms every document of a container, in order, and commits the container once. `mayBeEmpty`: it need not hold
 * a document.
 */
async function runContainer(container: SourceContainer, mayBeEmpty: boolean, run: Run): Promise<void> {
  if (container.unreadable) {
    run.notStarted.unread++;
    return leaveUnread(container, container.unreadable, run);
  }
  if (run.stoppedBy) return leaveContainer(container, run);
  const { committer, settings } = run.options;
  const commit = committer && new ContainerCommit(container, committer, addressRule(settings.blobs));
  const taken = await takeDocuments(container, run, commit);
  await noteEntry(container.id, mayBeEmpty, taken, run);
  if (taken.broken) await commit?.fail(taken.broken.error);
  else await commit?.finish(taken);
  const failure = commit?.failure ?? taken.broken;
  if (commit?.isAborted === true) await settleAborted(container, run, commit.waiting);
  else await settleCommitted(container, run, commit?.waiting ?? [], failure);
  if (failure) await settleFailed(container, run, failure, taken);
  else if (taken.isWhole) await withdrawFailure(container, run);
}

/** A row that is gone has gone on: there was nothing to read. What a stop cut off is not started. */
async function noteEntry(id: string, mayBeEmpty: boolean, { broken, count }: Taken, run: Run): Promise<void> {
  if (broken && isStopped(broken.error)) return;
  if (broken && !hasLivedOn(broken.error)) await run.inventory.noteUnreadable({ id, ...failureOf(broken.error) });
  else await run.inventory.noteRead(id, mayBeEmpty || broken ? undefined : count);
}

/** Counts a container that the run does not get to: of a file that is one document, the document. */
function leaveContainer(container: SourceContainer, run: Run): Promise<void> {
  return run.settle({ ...notStarted(container.id, 0), ...subjectOf(container) }, unread(container));
}

/**
 * Counts a source, directory or link of which it is not known what is in it. Stays out of the journal: what is found
 * there once it can be read has other names.
 */
async function leaveUnread(container: SettledDocument['container'], error: unknown, run: Run): Promise<void> {
  const failure = failureOf(error);
  await run.inventory.noteUnreadable({ id: container.id, ...failure });
  await run.settle({ ...notStarted(container.id, 0), ...failure, subject: 'place' }, unread(container));
}

interface Failure {
  readonly error: unknown;
}

/** Settles all that does not wait for the commit. */
async function takeDocuments(
  container: SourceContainer,
  run: Run,
  commit: ContainerCommit | undefined,
): Promise<Taken> {
  const taken = { hasLines: container.holdsLines === true, count: 0, isWhole: true, isLeft: false };
  try {
    for await (const item of prepareAll(container, run, commit)) {
      taken.count++;
      taken.hasLines ||= item.document.line !== undefined;
      taken.isWhole &&= item.prepared !== undefined && item.prepared.outcome.outcome !== 'not-started';
      taken.isLeft ||= item.prepared ? item.prepared.outcome.outcome === 'not-started' : run.isFull;
      await commit?.take(item);
      if (item.prepared && commit?.waits(item.document, item.prepared) !== true)
        await settle(run, container, item, item.prepared.outcome);
      if (!commit?.failure) release(item);
    }
    return taken;
  } catch (error) {
    return { ...taken, isWhole: false, broken: { error } };
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
    await run.pace.resumed();
    if (!document || !run.isWanted(document, container.id)) return { document: found, prepared: undefined };
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

/** A document that was not looked at. */
function left({ id, bytes }: SourceDocument, commit: ContainerCommit | undefined): DocumentOutcome {
  return commit?.failure ? { ...notStarted(id, bytes.length), ...CONTAINER_FAILED } : notStarted(id, bytes.length);
}

const CONTAINER_FAILED = {
  outcome: 'failed',
  code: 'CONTAINER_FAILED',
  reason:
    'the file or object around this document could not be replaced and was not modified; run again with --only-failed',
} as const;

/** What waited for the commit: it is done, or failed together with its container. */
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
}

/** No copy was published: the intents are void, and nothing has become of the documents. */
async function settleAborted(container: SourceContainer, run: Run, waiting: readonly WaitingDocument[]): Promise<void> {
  for (const { id, line, outcome } of waiting) {
    const settled = { ...notStarted(id, outcome.bytesBefore), reason: COPY_ABORTED };
    if (outcome.outcome === 'migrated') run.options.committer?.voidIntent(settled);
    await run.settle(settled, {
      container,
      document: { id, line, bytes: NO_BYTES },
      prepared: { outcome, transformation: undefined },
    });
  }
}

const COPY_ABORTED =
  'the run ended before it had taken every line of this file, so it made no copy; run again, without --limit, to go on';

/** The failure stands for all lines of a container, also for those that were not read. */
async function settleFailed(container: SourceContainer, run: Run, { error }: Failure, taken: Taken): Promise<void> {
  if (!taken.hasLines && taken.count > 0) return;
  const subject = taken.hasLines ? ({ subject: 'container' } as const) : undefined;
  const outcome = { ...notStarted(container.id, 0), ...failureOf(error), ...subject };
  await record(run, container, outcome, () => ({}));
  await run.settle(outcome, unread(container));
}

/** A container that the journal knows as failed was taken to its end. */
async function withdrawFailure(container: SourceContainer, run: Run): Promise<void> {
  if (container.holdsLines !== true || run.options.committer?.isPending(container.id) !== true) return;
  const outcome: DocumentOutcome = {
    id: container.id,
    subject: 'container',
    outcome: 'unchanged',
    ...NOTHING_DONE,
  };
  await record(run, container, outcome, () => ({}));
}

function subjectOf({ holdsLines }: SourceContainer): { readonly subject?: 'container' } {
  return holdsLines === true ? { subject: 'container' } : {};
}

async function settle(
  run: Run,
  container: SettledDocument['container'],
  item: Item,
  outcome: DocumentOutcome,
): Promise<void> {
  const settled = await recover(run, item, outcome);
  const { blobs } = run.options.settings;
  await record(run, container, settled, () => ({
    ...collectFacts(item.document, item.prepared, addressRule(blobs)),
    ...digestOfLine(item.document, settled, run),
  }));
  await run.settle(settled, { container, document: item.document, prepared: item.prepared });
}

/** By its digest a line is known again when it has another number. One that was migrated has that of its intent. */
function digestOfLine(document: SourceDocument, { outcome }: DocumentOutcome, run: Run): { readonly before?: string } {
  const isFailure = outcome === 'failed' || outcome === 'quarantined';
  const isKnown = outcome === 'unchanged' && run.options.committer?.isRerun === true;
  return document.line !== undefined && (isFailure || isKnown) ? { before: digestDocument(document) } : {};
}

/** Never throws: a journal that cannot be written any more ends the run. */
async function record(
  run: Run,
  container: SettledDocument['container'],
  outcome: DocumentOutcome,
  facts: () => RecordedFacts,
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
function unread(container: SettledDocument['container']): SettledDocument {
  return { container, document: { id: container.id, line: undefined, bytes: NO_BYTES }, prepared: undefined };
}

const NO_BYTES = new Uint8Array();
