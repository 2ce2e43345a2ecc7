import pMap, { pMapSkip } from 'p-map';
import { ConflictError, IntegrityError, messageOf, StateBagError } from '../errors/index.js';
import { decodeInverse } from '../journal/entries.js';
import type { IntentEntry } from '../journal/entries.js';
import type { DocumentState } from '../journal/document-state.js';
import { readIntent } from '../journal/read.js';
import { applySplices } from '../json/index.js';
import type { ContainerOpener, SourceContainer, SourceDocument } from '../sources/source.js';
import { parseS3Uri } from '../store/index.js';
import type { BlobStore } from '../store/index.js';
import type { Aim } from './aim.js';
import { MAX_CONCURRENCY } from './pace.js';
import type { Pace } from './pace.js';
import { LazyReplacement } from './commit.js';
import { matchLines } from './match-lines.js';
import type { LineMatch } from './match-lines.js';
import { hasLivedOn } from './outcome.js';
import { digest, digestDocument } from './transform.js';
import { isStopped } from './outcome.js';

/**
 * The original bytes of a migrated document, from what the journal and the blobs say. Throws `IntegrityError`
 * `RESTORE_MISMATCH` unless the result has the digest of the pre-image: nothing else is ever written back.
 */
export async function restoreOriginal(current: Uint8Array, intent: IntentEntry, blobs: BlobStore): Promise<Uint8Array> {
  const load = (uri: string, sha256: string) => blobs.get(parseS3Uri(uri), { sha256 });
  const original = applySplices(current, await decodeInverse(intent.inverse, load));
  if (digest(original) !== intent.before) {
    throw new IntegrityError(
      'RESTORE_MISMATCH',
      `${intent.doc}: journal and blobs do not give the original back; the document is left as it is`,
    );
  }
  return original;
}

/** What became of a document in a rollback. */
export interface RollbackOutcome {
  readonly id: string;
  readonly outcome: 'rolled-back' | 'unchanged' | 'failed';
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly code?: string;
  readonly reason?: string;
}

/** The document of an outcome. */
export interface RestoredDocument {
  /** With the name and line of now. */
  readonly state: DocumentState;
  /** Lower-case hex SHA-256 of the bytes that were found. */
  readonly sha256?: string;
}

interface Settled extends RestoredDocument {
  readonly outcome: RollbackOutcome;
}

/** What is about to be done to a document. Digests are lower-case hex SHA-256. */
export interface Restoration {
  readonly state: DocumentState;
  readonly before: string;
  readonly after: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Where it is written down what is about to be restored. */
export interface RestoreJournal {
  intend(restoration: Restoration): Promise<void>;
  flush(): Promise<void>;
}

interface RollbackOptions {
  readonly directory: string;
  /** The documents to restore, by container. */
  readonly containers: ReadonlyMap<string, readonly DocumentState[]>;
  /** All documents of the journal by container: a line of one that is not meant is not another one. */
  readonly known: ReadonlyMap<string, readonly DocumentState[]>;
  readonly blobs: BlobStore;
  readonly open: ContainerOpener;
  /** Without it everything is computed and nothing written. */
  readonly log?: RestoreJournal | undefined;
  readonly aim: Aim;
  /** Called for documents that turn out not to be meant. */
  readonly onLeft: (count: number) => void;
  readonly pace: Pace;
  readonly stop?: AbortSignal;
  readonly onOutcome: (outcome: RollbackOutcome, document: RestoredDocument) => void | Promise<void>;
}

/**
 * Puts the original bytes of every document back, guarded by the version that was written: a document that has changed
 * since is left alone. Intents are synced before a container is replaced. Blobs stay.
 */
export async function rollbackDocuments(options: RollbackOptions): Promise<void> {
  const { pace, stop } = options;
  const leave = pace.endWith(stop);
  await pMap(
    pace.inTurn(options.containers),
    async ([id, states]) => {
      try {
        if (stop?.aborted) return pMapSkip;
        if (options.aim.left > 0) await rollbackContainer(id, states, options);
        else options.onLeft(states.length);
        return pMapSkip;
      } finally {
        pace.release();
      }
    },
    { concurrency: MAX_CONCURRENCY },
  ).finally(leave);
}

async function rollbackContainer(
  id: string,
  states: readonly DocumentState[],
  options: RollbackOptions,
): Promise<void> {
  const settled: Settled[] = [];
  const left = new Set<DocumentState>();
  let located = states.filter(({ isDoubtful }) => !isDoubtful);
  try {
    const container = options.open(id, options.stop);
    const match = await matchLines(container, options.known.get(id) ?? states);
    const meant = new Set(states.map(({ intent }) => intent));
    located = [...match.byLine.values(), ...match.gone].filter(({ intent }) => meant.has(intent));
    const rest = await rewrite(container, match, new Set(located), options, { settled, left });
    for (const state of rest)
      if (options.aim.take()) settled.push({ state, outcome: failure(state, gone(state)) });
      else left.add(state);
  } catch (error) {
    // Documents without an outcome were not started.
    if (isStopped(error)) return;
    const taken = new Set(settled.splice(0).map(({ state }) => state));
    for (const state of located)
      if (taken.has(state) || (!left.has(state) && options.aim.take()))
        settled.push({ state, outcome: failure(state, error) });
      else left.add(state);
  }
  options.onLeft(left.size + states.length - located.length);
  for (const { outcome, ...about } of settled) await options.onOutcome(outcome, about);
}

/** Writes the container with what is restored in it. Resolves to the documents that were not in it. */
async function rewrite(
  container: SourceContainer,
  { byLine }: LineMatch,
  rest: Set<DocumentState>,
  options: RollbackOptions,
  ledger: Ledger,
): Promise<ReadonlySet<DocumentState>> {
  const replacement = new LazyReplacement(container, () => container.replace());
  try {
    for await (const document of container.documents()) {
      await options.pace.resumed();
      const state = byLine.get(document.line);
      const isMeant = state !== undefined && rest.delete(state);
      if (isMeant) await assertSame(container, state, options);
      const original = isMeant ? await restore(document, state, options, ledger) : undefined;
      if (options.log) await replacement.write(document, original);
      document.release?.();
    }
    if (replacement.isOpen) await options.log?.flush();
    await replacement.commit();
    return rest;
  } catch (error) {
    await replacement.abort();
    throw error;
  }
}

/** Only a container whose name may pass to another thing asks what the journal had before it. */
async function assertSame(
  container: SourceContainer,
  state: DocumentState,
  { directory }: RollbackOptions,
): Promise<void> {
  if (container.assertSame) container.assertSame((await readIntent(directory, state.intent)).version);
}

/** What became of the documents of a container. */
interface Ledger {
  readonly settled: Settled[];
  /** They are not meant. */
  readonly left: Set<DocumentState>;
}

/** The bytes to put back, or `undefined` when the document is to stay as it is; says which in the ledger. */
async function restore(
  document: SourceDocument,
  state: DocumentState,
  options: RollbackOptions,
  { settled, left }: Ledger,
): Promise<Uint8Array | undefined> {
  const current = digestDocument(document);
  const undone = options.aim.undone(state);
  const goal = undone.at(-1)!;
  const { outcome, bytes } = await undo(document, current, { state, undone }, options);
  if (!options.aim.take(bytes ?? document.bytes)) {
    left.add(state);
    return undefined;
  }
  settled.push({ state, outcome, sha256: current });
  const { bytesBefore, bytesAfter } = outcome;
  // What is left of two migrations can be known only from an intent, whichever program put these bytes there.
  if (bytes || (outcome.outcome === 'rolled-back' && goal.earlier))
    await options.log?.intend({ state, before: current, after: goal.before, bytesBefore, bytesAfter });
  return bytes;
}

interface Undoing {
  readonly state: DocumentState;
  /** The migrations to undo, newest first. */
  readonly undone: readonly DocumentState[];
}

/** What becomes of a document, with its new bytes when it gets some. */
async function undo(
  document: SourceDocument,
  current: string,
  { state, undone }: Undoing,
  { directory, blobs }: RollbackOptions,
): Promise<{ readonly outcome: RollbackOutcome; readonly bytes?: Uint8Array }> {
  const size = document.bytes.length;
  if (current === undone.at(-1)!.before) return { outcome: alreadyOriginal(state, size) };
  const newest = undone.findIndex(({ after }) => after === current);
  if (newest < 0) return { outcome: failure(state, moved(state), size) };
  let bytes = document.bytes;
  try {
    for (const { intent } of undone.slice(newest))
      bytes = await restoreOriginal(bytes, await readIntent(directory, intent), blobs);
  } catch (error) {
    return { outcome: failure(state, error, size) };
  }
  return { outcome: { id: state.doc, outcome: 'rolled-back', bytesBefore: size, bytesAfter: bytes.length }, bytes };
}

function alreadyOriginal({ doc, fate }: DocumentState, size: number): RollbackOutcome {
  return {
    id: doc,
    outcome: fate === 'migrated' ? 'rolled-back' : 'unchanged',
    bytesBefore: size,
    bytesAfter: size,
    code: 'ALREADY_ORIGINAL',
  };
}

function moved({ doc }: DocumentState): ConflictError {
  return new ConflictError('DOCUMENT_MOVED', `${doc} has changed since it was migrated; it is left as it is`);
}

function gone({ doc, line }: DocumentState): ConflictError {
  const why = line === undefined ? '' : ': no line of the file has the bytes that were written';
  return new ConflictError('DOCUMENT_MOVED', `${doc} is not there any more${why}`);
}

function failure(state: DocumentState, error: unknown, size = 0): RollbackOutcome {
  const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
  return {
    id: state.doc,
    outcome: hasLivedOn(error) ? 'unchanged' : 'failed',
    bytesBefore: size,
    bytesAfter: size,
    code,
    reason: messageOf(error),
  };
}
