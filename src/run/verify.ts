import { resolve } from 'node:path';
import pMap, { pMapSkip } from 'p-map';
import { BagDocument } from '../bag/bag.js';
import { outlineBag } from '../bag/edit.js';
import { readDocument } from '../bag/value.js';
import { ConflictError, messageOf, StateBagError } from '../errors/index.js';
import type { DocumentState } from '../journal/document-state.js';
import { lastRun, lostIntents, migratedByContainer, readIntent, summarizeJournal } from '../journal/read.js';
import type { JournalSummary } from '../journal/read.js';
import { journalStatus } from '../journal/report.js';
import type { JournalStatus } from '../journal/report.js';
import { IdMap, openContainers } from '../sources/open-containers.js';
import type { IdMapping } from '../sources/open-containers.js';
import type { ContainerOpener, SourceDocument } from '../sources/source.js';
import type { BlobStore } from '../store/index.js';
import { openStore } from '../store/open.js';
import { assertOutline } from '../validate/lean-bag.js';
import { compareSegments } from './compare-segments.js';
import { processContext } from './context.js';
import type { RunPorts } from './context.js';
import { matchLines } from './match-lines.js';
import { hasLivedOn } from './outcome.js';
import { assertKnown, DEFAULT_CONCURRENCY, reachStore, reachTables } from './request.js';
import type { ReachRequest } from './request.js';
import { restoreOriginal } from './restore.js';
import { digestDocument } from './transform.js';

/** A verification as plain JSON. */
export interface VerifyRequest extends ReachRequest {
  /** Directory of the journal. */
  readonly journal: string;
  /** Documents in hand at a time. Default 8. */
  readonly concurrency?: number;
  /** Skip damaged places of the journal; `status.damaged` of the report names them. Default false. */
  readonly skipDamaged?: boolean | undefined;
  /** Documents that were moved: starts of their paths or URIs in the journal, and now. Output has the ids of now. */
  readonly map?: IdMapping;
}

export interface VerifyTotals {
  documents: number;
  verified: number;
  /** Changed or gone since they were migrated: nothing can be said of them. */
  moved: number;
  /** Rows of executions that were resumed since: nothing is left to verify. */
  resumed: number;
  failed: number;
  /** Segment programs compared. */
  segments: number;
  /** Bags whose original leads to no segment, so that there is nothing to compare. */
  bagsWithoutSegments: number;
  /** They are as they were written, but not all of their segments can be compared: a later run overwrote the source. */
  overwritten: number;
}

export interface VerifyReport {
  readonly totals: VerifyTotals;
  /** What the journal says of the runs: a document that was not migrated is not verified. */
  readonly status: JournalStatus;
}

/**
 * Reads every migrated document of a journal again, and compares it with what was written, its schema, its original
 * bytes and its segments. Writes nothing. Throws `ConfigError` when the journal or the store cannot be used.
 *
 * @example
 * const { totals } = await verify({ journal: 'statebag-journal' });
 * process.exitCode = totals.verified > 0 && totals.failed + totals.moved === 0 ? 0 : 1;
 */
export async function verify(request: VerifyRequest, ports: RunPorts<VerifyOutcome> = {}): Promise<VerifyReport> {
  assertKnown(request, VERIFY_MEMBERS);
  const { cwd } = ports.context ?? processContext();
  const directory = resolve(cwd, request.journal);
  const summary = await summarizeJournal(directory, request);
  const run = lastRun(directory, summary);
  const settings = reachStore(request, run);
  const store = await openStore(settings, cwd);
  const totals = nothingToVerify();
  await ports.onBegin?.(() => Promise.resolve(sumBytes(summary)));
  const map = new IdMap(request.map ?? [], cwd);
  const reach = { s3: settings.s3, tables: reachTables(request, run), map };
  const onOutcome = async (outcome: VerifyOutcome) => {
    count(totals, outcome);
    await ports.onOutcome?.(map.rename(outcome));
  };
  for (const { doc, bytesBefore } of lostIntents(summary))
    await onOutcome({ id: doc, outcome: 'failed', bytesBefore, segments: 0, ...INTENT_LOST });
  await verifyDocuments({
    directory,
    summary,
    blobs: store.blobs,
    open: await openContainers(migratedByContainer(summary), reach),
    target: run.target,
    concurrency: request.concurrency ?? DEFAULT_CONCURRENCY,
    onOutcome,
  });
  return { totals, status: journalStatus(summary) };
}

const VERIFY_MEMBERS: Readonly<Record<keyof VerifyRequest, true>> = {
  journal: true,
  concurrency: true,
  skipDamaged: true,
  map: true,
  spec: true,
  bucket: true,
  allowBuckets: true,
  allowPrefixes: true,
  s3: true,
  tables: true,
};

/** A document that the journal says was migrated, when the line with its original bytes is damaged. */
export const INTENT_LOST = {
  code: 'INTENT_LOST',
  reason: 'the journal line with its original bytes is damaged; restore the journal from a copy',
};

/** Totals of a run that wrote nothing, and therefore no journal. */
export function nothingToVerify(): VerifyTotals {
  return {
    documents: 0,
    verified: 0,
    moved: 0,
    resumed: 0,
    failed: 0,
    segments: 0,
    bagsWithoutSegments: 0,
    overwritten: 0,
  };
}

/**
 * True when no document failed or changed, and one or more are verified. Rows that were resumed, and documents whose
 * source was overwritten, can never be verified again: beside verified documents they are counted and no finding.
 */
export function isVerified({ documents, verified, resumed, overwritten }: VerifyTotals): boolean {
  return verified > 0 && verified + resumed + overwritten === documents;
}

function count(totals: VerifyTotals, { outcome, segments, bagsWithoutSegments = 0 }: VerifyOutcome): void {
  totals.documents++;
  totals[outcome]++;
  totals.segments += segments;
  totals.bagsWithoutSegments += bagsWithoutSegments;
}

/** What the progress is measured by: the documents as they were. */
function sumBytes({ documents }: JournalSummary): number {
  return Array.from(documents.values()).reduce((sum, { bytesBefore }) => sum + bytesBefore, 0);
}

/**
 * `moved`: it went on living since, and only what was written can be vouched for. `resumed`: so did the row of an
 * execution, which is expected. `overwritten`: it is as it was written, and its segments cannot be compared.
 */
export interface VerifyOutcome {
  readonly id: string;
  readonly outcome: 'verified' | 'moved' | 'resumed' | 'overwritten' | 'failed';
  /** Of the original document. */
  readonly bytesBefore: number;
  /** How many segment programs were compared. */
  readonly segments: number;
  /** Bags whose original leads to no segment. Absent for none. */
  readonly bagsWithoutSegments?: number;
  readonly code?: string;
  readonly reason?: string;
}

interface VerifyOptions {
  readonly directory: string;
  readonly summary: JournalSummary;
  readonly blobs: BlobStore;
  readonly open: ContainerOpener;
  readonly target: 'lean' | 'bridge';
  readonly concurrency: number;
  readonly onOutcome: (outcome: VerifyOutcome) => void | Promise<void>;
}

/**
 * Reads every migrated document again: it must be what was written, satisfy its schema, give the original back byte
 * for byte from journal and blobs, and lead to the same program at every segment index.
 */
export async function verifyDocuments(options: VerifyOptions): Promise<void> {
  await pMap(
    migratedByContainer(options.summary),
    async ([id, states]) => {
      await verifyContainer(id, states, options);
      return pMapSkip;
    },
    { concurrency: options.concurrency },
  );
}

async function verifyContainer(id: string, states: readonly DocumentState[], options: VerifyOptions): Promise<void> {
  let rest = new Set(states.filter(({ isDoubtful }) => !isDoubtful));
  try {
    const container = options.open(id);
    const { byLine, gone: missing } = await matchLines(container, states);
    rest = new Set([...byLine.values(), ...missing]);
    for await (const document of container.documents()) {
      const state = byLine.get(document.line);
      if (state) {
        container.assertSame?.((await readIntent(options.directory, state.intent)).version);
        rest.delete(state);
        if (!isKnownFailure(state, document)) await options.onOutcome(await verifyDocument(document, state, options));
      }
      document.release?.();
    }
  } catch (error) {
    for (const state of rest) await options.onOutcome(failure(state, error));
    return;
  }
  for (const state of rest) await options.onOutcome({ ...failure(state, gone(state)), outcome: 'moved' });
}

/** The run itself said that it failed, and it has its original bytes: nothing was promised of it. */
function isKnownFailure({ fate, result, before }: DocumentState, document: SourceDocument): boolean {
  return fate === 'pending' && result !== undefined && digestDocument(document) === before;
}

async function verifyDocument(
  document: SourceDocument,
  state: DocumentState,
  options: VerifyOptions,
): Promise<VerifyOutcome> {
  const current = digestDocument(document);
  if (current === state.before) return failure(state, notMigrated(state));
  if (current !== state.after) return { ...failure(state, moved(state)), outcome: 'moved' };
  try {
    const root = readDocument(document.bytes);
    for (const bag of new BagDocument(root).bags) {
      assertOutline(outlineBag(bag), options.target);
    }
    const original = await restoreOriginal(
      document.bytes,
      await readIntent(options.directory, state.intent),
      options.blobs,
    );
    const { compared, isOverwritten, withoutSegments } = await compareSegments(
      readDocument(original),
      root,
      options.blobs,
    );
    return {
      id: state.doc,
      outcome: isOverwritten ? 'overwritten' : 'verified',
      bytesBefore: state.bytesBefore,
      segments: compared,
      ...(withoutSegments > 0 && { bagsWithoutSegments: withoutSegments }),
      ...(isOverwritten && OVERWRITTEN),
    };
  } catch (error) {
    return failure(state, error);
  }
}

/** No failure: the bag keeps the program that was read, at its content address. */
const OVERWRITTEN = {
  code: 'SOURCE_OVERWRITTEN',
  reason:
    'a later run overwrote the key that the original bag names, so its segments cannot be compared any more; the bag keeps what was read. Do not roll it back',
};

function notMigrated({ doc }: DocumentState): ConflictError {
  return new ConflictError(
    'NOT_MIGRATED',
    `${doc} still has its original bytes: the run ended before it was written, or it was rolled back`,
  );
}

function moved({ doc }: DocumentState): ConflictError {
  return new ConflictError(
    'DOCUMENT_MOVED',
    `${doc} has changed since it was migrated; only what was written can be verified`,
  );
}

function gone({ doc, line }: DocumentState): ConflictError {
  const why = line === undefined ? '' : ': no line of the file has the bytes that were written';
  return new ConflictError('DOCUMENT_MOVED', `${doc} is not there any more${why}`);
}

function failure(state: DocumentState, error: unknown): VerifyOutcome {
  const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
  return {
    id: state.doc,
    outcome: hasLivedOn(error) ? 'resumed' : 'failed',
    bytesBefore: state.bytesBefore,
    segments: 0,
    code,
    reason: messageOf(error),
  };
}
