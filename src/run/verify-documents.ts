import pMap, { pMapSkip } from 'p-map';
import { BagDocument } from '../bag/bag.js';
import { outlineBag } from '../bag/rewrite.js';
import { readDocument } from '../bag/value.js';
import { ConflictError, messageOf, StateBagError } from '../errors/index.js';
import type { DocumentState } from '../journal/document-state.js';
import { migratedByContainer, readIntent } from '../journal/read.js';
import type { JournalSummary } from '../journal/read.js';
import type { ContainerOpener, SourceDocument } from '../sources/source.js';
import type { BlobStore } from '../store/index.js';
import { assertOutline } from '../validate/outline.js';
import { compareSegments } from './compare-segments.js';
import { matchLines } from './match-lines.js';
import { hasLivedOn } from './outcome.js';
import { restoreOriginal } from './restore.js';
import { digestDocument } from './transform.js';

/**
 * `moved`: it went on living since, and only what was written can be vouched for. `resumed`: so did the row of an
 * execution, which nobody wonders at.
 */
export interface VerifyOutcome {
  readonly id: string;
  readonly outcome: 'verified' | 'moved' | 'resumed' | 'failed';
  /** Of the original document. */
  readonly bytesBefore: number;
  /** How many segment programs were compared. */
  readonly segments: number;
  readonly code?: string;
  readonly reason?: string;
}

export interface VerifyOptions {
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
    const { compared, isOverwritten } = await compareSegments(readDocument(original), root, options.blobs);
    return {
      id: state.doc,
      outcome: 'verified',
      bytesBefore: state.bytesBefore,
      segments: compared,
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
